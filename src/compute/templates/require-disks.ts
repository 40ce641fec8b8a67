// What clones' disks lie over is there, and as long as it was: QEMU would tell of it late, and of its own files only.
import { stat } from 'node:fs/promises';
import { errnoCode, Fault } from '../../base/index.ts';
import { TEMPLATE_MEMORY, type Template } from '../../model/index.ts';
import type { Tools } from '../tools.ts';
import { templateFile } from './template-paths.ts';

/** Whoever calls holds an instance of it. Without its memory a clone boots. Throws `TEMPLATE_DAMAGED`. */
export async function requireDisks(tools: Pick<Tools, 'paths'>, template: Template): Promise<void> {
  for (const { name, sizeBytes } of template.files) {
    if (name === TEMPLATE_MEMORY) continue;
    const found = await sizeOf(templateFile(tools, template.id, name));
    if (found === null) throw damaged(template, `its file ${name} is missing`);
    if (found !== sizeBytes) throw damaged(template, `its file ${name} has another size`);
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function damaged({ name }: Template, what: string): Fault {
  return new Fault('corrupt', 'TEMPLATE_DAMAGED', `Nothing can go on from template ${name}: ${what}`, {
    hint: `Look at all of its files: novalet template verify ${name}. Then make it anew.`,
    details: { template: name },
  });
}
