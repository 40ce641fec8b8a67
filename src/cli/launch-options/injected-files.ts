// Files that a config drive carries, as Nova's do: --inject-file.
import type { Command } from 'commander';
import type { LaunchRequest } from '../../compute/index.ts';
import { readFileOrStdin } from '../input.ts';
import type { Session } from '../session.ts';
import { collect, invalid } from '../values.ts';

export interface InjectedFileOptions {
  readonly injectFile?: readonly string[];
}

export function addInjectedFileOptions(command: Command): void {
  command.option(
    '--inject-file <guest-path=file>',
    'file on the config drive, which cloud-init writes; up to five, of 10 KiB each',
    collect,
  );
}

/** Throws `OPTION_INVALID` and the faults of reading. */
export async function readInjectedFileOptions(
  session: Session,
  { injectFile = [] }: InjectedFileOptions,
): Promise<Pick<LaunchRequest, 'files'>> {
  const files: { readonly path: string; readonly content: Uint8Array }[] = [];
  for (const text of injectFile) {
    const { path, file } = readPair(text);
    files.push({ path, content: await readFileOrStdin(session, file) });
  }
  return files.length === 0 ? {} : { files };
}

/** Those of these options that read stdin. */
export function injectedStdinReaders({ injectFile = [] }: InjectedFileOptions): readonly string[] {
  return injectFile.filter((text) => readPair(text).file === '-').map(() => '--inject-file');
}

/** The first = ends the path in the guest. */
function readPair(text: string): { readonly path: string; readonly file: string } {
  const at = text.indexOf('=');
  const [path, file] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (path !== '' && file !== '') return { path, file };
  throw invalid('--inject-file wants GUEST-PATH=FILE', 'For example --inject-file /etc/motd=motd.txt');
}
