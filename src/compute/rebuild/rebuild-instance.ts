// Rebuilding: all new files beside the old ones first, then the record, then the change of places.
import { Undo } from '../../base/index.ts';
import { type GuestInput, type Instance, networkOfPort } from '../../model/index.ts';
import { checkCarried, plainPassword } from '../admin-password.ts';
import { agentConfig, agentWishes } from '../agent-part.ts';
import { carrierOf, checkPasswordCarried } from '../carrier.ts';
import { requireRoom } from '../claims/claim.ts';
import { readInventories } from '../claims/read-inventories.ts';
import type { ActOptions, LaunchRequest } from '../compute.ts';
import { configDriveWishes } from '../config-drive-wishes.ts';
import { told } from '../emit-step.ts';
import { recordFailure } from '../failure-record.ts';
import { documentsJob, driveDocuments } from '../guest-documents.ts';
import { draftFor, type GivenInput, guestInput, readGivenInput } from '../guest-input.ts';
import { holdInstance } from '../holding.ts';
import { sourcesOf } from '../image-parts.ts';
import { hostAgentArch, requireService } from '../launch-checks.ts';
import { type FileJob, makeFile } from '../make-file.ts';
import { instancePaths } from '../paths.ts';
import { STEP_WORDS } from '../plan.ts';
import { powerOff, powerOn } from '../power.ts';
import { isOn } from '../power-state.ts';
import { requireOwn } from '../state-conflict.ts';
import { withoutTemplate } from '../templates/let-go.ts';
import type { Tools } from '../tools.ts';
import { finishRebuild } from './finish-rebuild.ts';
import { planRebuild, type RebuildPlan } from './plan-rebuild.ts';
import type { RebuildRequest } from './requests.ts';
import { openStage, removeStage } from './stage.ts';

interface Decided {
  readonly plan: RebuildPlan;
  readonly input: GuestInput;
  readonly job: FileJob;
}

export async function rebuildInstance(
  tools: Tools,
  ref: string,
  request: RebuildRequest,
  options: ActOptions,
): Promise<Instance> {
  const given = readGivenInput(launchRequest(request));
  using held = await holdInstance(tools, ref, 'rebuild', { state: 'rebuilding', ...options });
  const { instance } = held;
  requireOwn(instance, 'rebuild');
  const decided = await decide(tools, instance, { request, given, options });
  await prepare(tools, instance, decided, { request, options });
  const next = commit(tools, decided);
  try {
    return await finishRebuild(tools, next, options);
  } catch (error) {
    recordFailure(tools, next.id, error, 'The rebuild was begun and did not end; it may be begun again: ');
    throw error;
  }
}

function launchRequest({ preserveEphemeral: _unused, image = '', ...rest }: RebuildRequest): LaunchRequest {
  return { ...rest, image };
}

async function decide(
  tools: Tools,
  instance: Instance,
  { request, given, options }: RebuildParts,
): Promise<Decided> {
  const { settings, store } = tools;
  const sources = sourcesOf(tools, request.image ?? instance.image.id);
  const { image } = sources;
  const before = documentsJob(tools, instance.id).input;
  const wishes = carrierWishes(instance);
  const files = request.files ?? before.files;
  const configDrive = configDriveWishes({ ...wishes, files }, image, settings);
  const carrier = carrierOf(wishes, image);
  checkPasswordCarried(carrier, launchRequest(request), configDrive);
  requireService(tools, carrier);
  const agent = agentWishes({}, image, settings);
  const facts = await tools.host.facts();
  const plan = planRebuild(instance, sources, {
    settings,
    instances: tools.paths.instances,
    host: facts.domain,
    hardwareHost: facts.hardware,
    limits: facts.limits,
    configDrive,
    carrier,
    agent: { wishes: agent, hostAgentArch: await hostAgentArch(tools, agent) },
    preserveEphemeral: request.preserveEphemeral === true,
    managedNetworks: [settings.networkName, ...networksThatKeep(tools, instance)],
    version: tools.version,
  });
  requireRoom(await readInventories(tools), store.instances.list(), plan.next);
  const plain = plainPassword(request, image);
  checkCarried(plain, plan.next);
  const drawn = guestInput(draftFor(given, image), plan.next, agentConfig(agent, plan.next));
  const input: GuestInput = {
    ...drawn,
    keys: request.sshKeys === undefined ? before.keys : drawn.keys,
    userData: request.userData === undefined ? before.userData : drawn.userData,
    files: request.files === undefined ? before.files : drawn.files,
  };
  const documents = { settings, instance: plan.next, input, adminPassword: plain };
  const job: FileJob = {
    tools,
    instance: plan.next,
    options,
    configDrive: (datasource) => driveDocuments(documents, datasource),
  };
  return { plan, input, job };
}

/** Of the instance's cards. */
function networksThatKeep({ store }: Tools, { ports }: Instance): readonly string[] {
  return ports.flatMap((port) => (store.addresses.isKept(port.mac) ? (networkOfPort(port) ?? []) : []));
}

interface RebuildParts {
  readonly request: RebuildRequest;
  readonly given: GivenInput;
  readonly options: ActOptions;
}

/** As it was launched: by a drive, by the service, or by neither. */
function carrierWishes({
  disks,
  carrier,
}: Instance): Pick<LaunchRequest, 'configDrive' | 'datasource' | 'cloudConfigUrl'> {
  const config = disks.find(({ role }) => role === 'config');
  const datasource = carrier?.service ?? config?.datasource;
  return {
    configDrive: config !== undefined,
    ...(datasource === undefined ? {} : { datasource }),
    ...(typeof carrier?.cloudConfigUrl === 'string' ? { cloudConfigUrl: carrier.cloudConfigUrl } : {}),
  };
}

/** All that can fail while there is still a way back. */
async function prepare(
  tools: Tools,
  instance: Instance,
  { plan, job }: Decided,
  { request, options }: Omit<RebuildParts, 'given'>,
): Promise<void> {
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  await using undo = new Undo((what, error) => {
    tools.log.warn({ err: error, instance: instance.id }, `could not ${what} after a failed rebuild`);
    recordFailure(tools, instance.id, error, 'The rebuild failed, and was not taken back whole: ');
  });
  undo.push('remove the new files', () => removeStage(directory));
  await openStage(directory, instance.image.id);
  for (const step of plan.steps)
    await told(options, step.kind, STEP_WORDS[step.kind], () => makeFile(job, step));
  if (instance.vmState === 'active')
    undo.push('start the instance again', async () => {
      if (!(await isOn(await tools.libvirt.findDomain(instance)))) await powerOn(tools, instance, {});
    });
  // What is thrown away needs no farewell; what stays does.
  const force =
    request.preserveEphemeral !== true && plan.next.volumes.length + plan.next.shares.length === 0;
  await told(options, 'power-off', 'powering the guest off', () =>
    powerOff(tools, instance, { ...options, force }),
  );
  undo.keep();
}

/** From here on there is no way back: what a killed process left is brought to its end. */
function commit({ store }: Tools, { plan, input }: Decided): Instance {
  const { id, image, hardware, disks, volumes, carrier, templateId } = plan.next;
  return store.transaction(() => {
    store.guestInputs.replace(id, input);
    store.postedPasswords.remove(id);
    return store.instances.change(id, (current) => ({
      ...withoutTemplate(current),
      ...(templateId === undefined ? {} : { templateId }),
      image,
      hardware,
      disks,
      volumes,
      carrier,
      taskState: 'rebuild_spawning',
    }));
  });
}
