// Rescuing: the files of the rescue beside the instance's own, the record, the domain; taken back whole where it fails.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, Undo } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { checkCarried, plainPassword } from '../admin-password.ts';
import { agentConfig, agentWishes } from '../agent-part.ts';
import { type Inventories, requireRoom } from '../claims/claim.ts';
import { readInventories } from '../claims/read-inventories.ts';
import type { ActOptions } from '../compute.ts';
import { configDriveWishes } from '../config-drive-wishes.ts';
import { emit, told } from '../emit-step.ts';
import { recordFailure } from '../failure-record.ts';
import type { FileSources } from '../file-steps.ts';
import { documentsJob, driveDocuments } from '../guest-documents.ts';
import { draftFor, guestInput, readGivenInput } from '../guest-input.ts';
import { holdInstance } from '../holding.ts';
import { sourcesOf } from '../image-parts.ts';
import type { FileJob } from '../make-file.ts';
import { makeWhole } from '../make-files.ts';
import { instancePaths } from '../paths.ts';
import { STEP_WORDS } from '../plan.ts';
import { defineAgain, powerOff, powerOn } from '../power.ts';
import { isOn } from '../power-state.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { planRescue, RESCUE_FILES, type RescuePlan } from './plan-rescue.ts';
import type { RescueRequest } from './requests.ts';
import { rescuedForm } from './rescued-form.ts';

export async function rescueInstance(
  tools: Tools,
  ref: string,
  request: RescueRequest,
  options: ActOptions,
): Promise<Instance> {
  using held = await holdInstance(tools, ref, 'rescue', { state: 'rescuing', ...options });
  const { instance } = held;
  requireOwn(instance, 'rescue');
  const sources = sourcesOf(tools, rescueImageOf(tools, instance, request));
  const plan = planRescue(instance, sources, {
    settings: tools.settings,
    instances: tools.paths.instances,
    datasource: configDriveWishes({ configDrive: true }, sources.image, tools.settings).datasource,
  });
  const inventories = await readInventories(tools);
  requireRoom(inventories, tools.store.instances.list(), { ...instance, rescue: plan.rescue }, instance);
  const job = fileJob(tools, instance, { plan, sources, request, options });
  await using undo = new Undo((what, error) => {
    tools.log.warn({ err: error, instance: instance.id }, `could not ${what} after a failed rescue`);
    recordFailure(tools, instance.id, error, 'The rescue failed, and was not taken back whole: ');
  });
  undo.push('remove the files of the rescue', () => removeRescueFiles(tools, instance));
  for (const step of plan.steps) {
    throwIfCancelled(options.signal, STEP_WORDS[step.kind]);
    emit(options, step.kind, 'begin');
    await makeWhole(job, step);
    emit(options, step.kind, 'end');
  }
  const rescued = await changeOver(tools, instance, { plan, inventories, options, undo });
  undo.keep();
  return rescued;
}

function rescueImageOf({ settings }: Tools, instance: Instance, { image }: RescueRequest): string {
  return image ?? settings.rescueImage ?? instance.image.id;
}

interface ChangingOver {
  readonly plan: RescuePlan;
  readonly inventories: Inventories;
  readonly options: ActOptions;
  readonly undo: Undo;
}

/** All that the guest notices. From the record on, whoever repairs goes forward. */
async function changeOver(
  tools: Tools,
  instance: Instance,
  { plan, inventories, options, undo }: ChangingOver,
): Promise<Instance> {
  const { instances } = tools.store;
  const { id, vmState, fault } = instance;
  if (vmState === 'active') undo.push('start the instance again', () => startAgain(tools, instance));
  undo.push('define the domain as it was', async () => {
    await defineAgain(tools, instance);
  });
  await told(options, 'power-off', 'powering the guest off', () => powerOff(tools, instance, options));
  undo.push('write the record back', () => {
    instances.change(id, (current) => ({ ...current, rescue: null, vmState, fault }));
  });
  const rescued = instances.change(id, (current) => {
    const wanted: Instance = { ...current, rescue: plan.rescue, vmState: 'rescued', fault: null };
    requireRoom(inventories, instances.list(), wanted, current); // another process may have taken it meanwhile
    return wanted;
  });
  await told(options, 'define-domain', STEP_WORDS['define-domain'], () => defineAgain(tools, rescued));
  await powerOn(tools, rescued, options);
  return instances.change(id, (current) => ({ ...current, taskState: null }));
}

/** It may not have been switched off yet. */
async function startAgain(tools: Tools, instance: Instance): Promise<void> {
  if (!(await isOn(await tools.libvirt.findDomain(instance)))) await powerOn(tools, instance, {});
}

/** The keys are the instance's; its user data set up its own system and would do so to this one's disks. */
function fileJob(
  tools: Tools,
  instance: Instance,
  { plan, sources: { image }, request, options }: RescueParts,
): FileJob {
  const form = rescuedForm(instance, plan.rescue);
  const plain = plainPassword(request, image);
  checkCarried(plain, form);
  const { adminPassword } = request;
  const given = readGivenInput({
    image: image.name,
    ...(adminPassword === undefined ? {} : { adminPassword }),
  });
  const config = agentConfig(agentWishes({}, image, tools.settings), form);
  const own = documentsJob(tools, instance.id).input;
  const input = { ...guestInput(draftFor(given, image), form, config), keys: own.keys };
  const documents = { settings: tools.settings, instance: form, input, adminPassword: plain };
  return {
    tools,
    instance: form,
    options,
    configDrive: (datasource) => driveDocuments(documents, datasource),
  };
}

interface RescueParts {
  readonly plan: RescuePlan;
  readonly sources: FileSources;
  readonly request: RescueRequest;
  readonly options: ActOptions;
}

/** Fine where there are none. */
export async function removeRescueFiles({ paths }: Tools, { id }: Pick<Instance, 'id'>): Promise<void> {
  const { directory } = instancePaths(paths.instances, id);
  for (const name of RESCUE_FILES) await rm(join(directory, name), { force: true });
}
