// What a process left that died while it made or removed a template: one that is whole stays, and the rest goes. Its guest is
// found by its name.
import { takeBack } from '../take-back.ts';
import type { Tools } from '../tools.ts';
import { mouldName } from './names.ts';
import { removeTemplateDirectory } from './template-paths.ts';

export async function repairTemplate(tools: Tools, id: string): Promise<void> {
  const { instances, templates } = tools.store;
  const name = mouldName({ id });
  const known = templates.get(id);
  if (instances.hasName(name)) {
    tools.log.info({ template: id }, 'removing the guest of a template whose maker died');
    await takeBack(tools, instances.find(name));
  }
  if (known?.state === 'ready') return;
  await removeTemplateDirectory(tools, id);
  templates.remove(id);
}
