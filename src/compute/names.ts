// Names an instance goes by: the one people use, the domain's, the hostname.
import { Fault, readableName } from '../base/index.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

export function isInstanceName(name: string): boolean {
  return NAME.test(name);
}

/** Throws `INSTANCE_NAME_INVALID` for a name that could not stand on a command line or in a file's name. */
export function checkInstanceName(name: string): void {
  if (isInstanceName(name)) return;
  throw new Fault(
    'invalid',
    'INSTANCE_NAME_INVALID',
    `"${name.slice(0, 80)}" cannot be the name of an instance`,
    {
      hint: 'Use letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit.',
    },
  );
}

/** A readable name that `isTaken` does not know. */
export function freeReadableName(isTaken: (name: string) => boolean): string {
  for (let tries = 0; tries < 50; tries += 1) {
    const name = readableName();
    if (!isTaken(name)) return name;
  }
  for (let number = 2; ; number += 1) {
    const name = `${readableName()}-${number}`;
    if (!isTaken(name)) return name;
  }
}

/** Fills the `printf` pattern of instance_name_template with the instance's number. */
export function domainNameOf(template: string, number: number): string {
  return template.replace(/%(?:0(\d+))?([xd])/, (_whole, width: string | undefined, kind: string) =>
    number.toString(kind === 'x' ? 16 : 10).padStart(Number(width ?? 0), '0'),
  );
}
