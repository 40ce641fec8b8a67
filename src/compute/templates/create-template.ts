// Compute.templates.create: a guest is launched, made ready, saved, and gone. What a killed process leaves is found by the
// template's record, which is `building`, and by the name of the guest (repair-template.ts).
import { isFault, newUuid, Undo } from '../../base/index.ts';
import type { Instance, Template } from '../../model/index.ts';
import { cloneInstance } from '../clone/clone.ts';
import type { ActOptions } from '../compute.ts';
import { detachInterface } from '../interfaces/detach-interface.ts';
import { launchInstance } from '../launch.ts';
import { withDiscard } from '../plan-launch.ts';
import { powerOn } from '../power.ts';
import { defineAnew } from '../resize/steps.ts';
import { setState } from '../set-state.ts';
import { takeBack } from '../take-back.ts';
import type { Tools } from '../tools.ts';
import { waitForCondition } from '../waiting.ts';
import { captureGuest } from './capture-guest.ts';
import { findSource } from './find-source.ts';
import { checkTemplateName, mouldName } from './names.ts';
import type { TemplateCreateRequest, TemplateView } from './requests.ts';
import { takeInstance } from './take-instance.ts';
import { removeTemplateDirectory } from './template-paths.ts';
import { templateView } from './template-view.ts';

const READY_TIMEOUT_MS = 600_000;

export async function createTemplate(
  tools: Tools,
  request: TemplateCreateRequest,
  options: ActOptions,
): Promise<TemplateView> {
  checkTemplateName(request.name);
  const source = findSource(tools, request);
  const template: Template = {
    id: newUuid(),
    name: request.name,
    state: 'building',
    source,
    guest: null,
    host: null,
    inside: null,
    files: [],
    createdAt: new Date().toISOString(),
  };
  const lease = tools.store.transaction(() => {
    tools.store.templates.insert(template);
    return tools.store.leases.acquire(`template:${template.id}`, 'create');
  });
  try {
    await using undo = new Undo((what, error) =>
      tools.log.warn(
        { err: error, template: template.id },
        `could not ${what} after a template was not made`,
      ),
    );
    undo.push('remove the template', async () => {
      await removeTemplateDirectory(tools, template.id);
      tools.store.templates.remove(template.id);
    });
    undo.push('take its guest back', () => removeMould(tools, template));
    const launch = async () => await launchMould(tools, template, request, options);
    await tools.slots.run('builds', launch, options); // others build while it boots
    const hasCloudInit = await untilReady(tools, mouldName(template), request, options);
    const mould = await withoutCards(tools, mouldName(template), options);
    const captured = await captureGuest(tools, { template, mould, hasCloudInit }, options);
    tools.store.templates.update(captured);
    await removeMould(tools, template);
    undo.keep();
    return await templateView(tools, captured);
  } finally {
    lease.release();
  }
}

/** Of an instance its size and its disks are taken; it goes on meanwhile, with what it has. */
async function launchMould(
  tools: Tools,
  template: Template,
  request: TemplateCreateRequest,
  options: ActOptions,
): Promise<void> {
  const name = mouldName(template);
  const generationId = newUuid();
  const { image, instance, consume, readyTimeoutMs: _ours, ...wishes } = request;
  if (consume === true) return await takeInstance(tools, instance ?? '', name, options);
  if (image !== undefined) {
    const networks = wishes.network ?? wishes.networks;
    const unplugged = networks === undefined ? { network: 'none' } : {};
    await launchInstance(tools, { ...wishes, ...unplugged, image, name, generationId }, options);
    return;
  }
  const cloned = await cloneInstance(
    tools,
    instance ?? '',
    { name, networks: [{ network: 'none' }], start: false },
    options,
  );
  const { id } = cloned.instance;
  const mould = tools.store.instances.change(id, (current) => ({
    ...current,
    generationId,
    hardware: withDiscard(current.hardware),
  }));
  await defineAnew(tools, mould);
  await powerOn(tools, mould, options);
  setState(tools, mould, 'active');
}

/** Its agent answers, and cloud-init is done where there is one. Whether there is. */
async function untilReady(
  tools: Tools,
  ref: string,
  { readyTimeoutMs = READY_TIMEOUT_MS }: TemplateCreateRequest,
  options: ActOptions,
): Promise<boolean> {
  const until = performance.now() + readyTimeoutMs;
  await waitForCondition(tools, ref, { kind: 'agent' }, { ...options, timeoutMs: readyTimeoutMs });
  try {
    const timeoutMs = Math.max(1, until - performance.now());
    await waitForCondition(tools, ref, { kind: 'cloud-init' }, { ...options, timeoutMs });
    return true;
  } catch (error) {
    if (!isFault(error, 'CLOUD_INIT_MISSING')) throw error;
    return false;
  }
}

/** A card's address lies in the memory: a clone gets its own. */
async function withoutCards(tools: Tools, ref: string, options: ActOptions): Promise<Instance> {
  for (const { mac } of tools.store.instances.find(ref).ports)
    await detachInterface(tools, ref, mac, options);
  return tools.store.instances.find(ref);
}

async function removeMould(tools: Tools, template: Template): Promise<void> {
  const name = mouldName(template);
  if (tools.store.instances.hasName(name)) await takeBack(tools, tools.store.instances.find(name));
}
