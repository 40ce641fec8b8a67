// Decides who an instance is that goes on from a template. Its hardware and its disks are the template's; the rest is chosen
// as for a launch.
import { newUuid } from '../../base/index.ts';
import { sanitizeHostname } from '../../metadata/index.ts';
import { checkTags, type Instance, type Template } from '../../model/index.ts';
import { decideClone, type PreparedClone } from '../clone/plan-clone.ts';
import { freeReadableName } from '../names.ts';
import type { Tools } from '../tools.ts';
import type { TemplateLaunchRequest } from './requests.ts';
import { requireReady } from './verify-template.ts';

/** Runs in the transaction that adds it. Throws what a launch throws, `TEMPLATE_NOT_FOUND` and `TEMPLATE_NOT_READY`. */
export function decideFromTemplate(
  tools: Tools,
  template: Template,
  request: TemplateLaunchRequest,
  prepared: Omit<PreparedClone, 'name'>,
): Instance {
  const { store } = tools;
  requireReady(store.templates.find(template.id)); // it may have been removed meanwhile
  const name = request.name ?? freeReadableName((taken) => store.instances.hasName(taken));
  const { id } = decideClone(tools, { ...prepared, name });
  return store.instances.change(id, (current) => ({
    ...current,
    hostname: request.guest?.hostname ?? sanitizeHostname(name, id),
    metadata: request.metadata ?? {},
    tags: checkTags(request.tags ?? []),
    templateId: template.id,
    generationId: newUuid(),
  }));
}
