// Compute.templates.verify: each file of a template is read, and compared with what was written.
import { stat } from 'node:fs/promises';
import { errnoCode, Fault, throwIfCancelled } from '../../base/index.ts';
import type { Template, TemplateFile } from '../../model/index.ts';
import { sha256OfFile } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import type { Tools } from '../tools.ts';
import type { TemplateVerified } from './requests.ts';
import { templateFile } from './template-paths.ts';
import { templateView } from './template-view.ts';

export async function verifyTemplate(
  tools: Tools,
  ref: string,
  options: ActOptions,
): Promise<TemplateVerified> {
  const template = tools.store.templates.find(ref);
  requireReady(template);
  const damaged = new Map<string, 'missing' | 'changed'>();
  for (const file of template.files) {
    throwIfCancelled(options.signal, 'verifying');
    const path = templateFile(tools, template.id, file.name);
    const what = `reading ${file.name}`;
    const wrong = await told(options, 'verify', what, () => compare(path, file));
    if (wrong !== null) damaged.set(file.name, wrong);
  }
  return { ...(await templateView(tools, template)), damaged };
}

/** Throws `TEMPLATE_NOT_READY`. */
export function requireReady({ name, state }: Template): void {
  if (state === 'ready') return;
  throw new Fault('conflict', 'TEMPLATE_NOT_READY', `Template ${name} is still being made`, {
    hint: 'Wait until the command that makes it has ended: novalet template list',
    details: { template: name },
  });
}

/** The size is looked at first: a file that was cut short need not be read. */
async function compare(
  path: string,
  { sizeBytes, sha256 }: TemplateFile,
): Promise<'missing' | 'changed' | null> {
  try {
    if ((await stat(path)).size !== sizeBytes) return 'changed';
    return (await sha256OfFile(path)) === sha256 ? null : 'changed';
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}
