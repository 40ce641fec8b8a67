// Names of templates, and of the guests that they are made of.
import { Fault } from '../../base/index.ts';
import type { Template } from '../../model/index.ts';
import { isInstanceName } from '../names.ts';

/** Throws `TEMPLATE_NAME_INVALID`. */
export function checkTemplateName(name: string): void {
  if (isInstanceName(name)) return;
  throw new Fault(
    'invalid',
    'TEMPLATE_NAME_INVALID',
    `"${name.slice(0, 80)}" cannot be the name of a template`,
    {
      hint: 'Use letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit.',
    },
  );
}

/** The instance that a template is made of. By this name it is found again after its maker died. */
export function mouldName({ id }: Pick<Template, 'id'>): string {
  return `template-${id}`;
}
