// A launch: look everything up, decide in one transaction, build.
import { defined, isFault, newUuid, type Secret } from '../base/index.ts';
import type { HostPciDevice, HugePagePool } from '../host/index.ts';
import type { HostCell } from '../libvirt-xml/index.ts';
import { sanitizeHostname } from '../metadata/index.ts';
import { checkTags, type Instance, networkOfPort } from '../model/index.ts';
import { type NetworkPlace, planLinks } from '../network/index.ts';
import { checkCarried, plainPassword } from './admin-password.ts';
import { agentConfig, agentWishes } from './agent-part.ts';
import type { Mode } from './attach-target.ts';
import { build } from './build.ts';
import { carrierOf, checkPasswordCarried, instanceIdFor } from './carrier.ts';
import { type Inventories, requireRoom } from './claims/claim.ts';
import { readInventories } from './claims/read-inventories.ts';
import type { ActOptions, LaunchRequest } from './compute.ts';
import { configDriveWishes } from './config-drive-wishes.ts';
import { emit, told } from './emit-step.ts';
import { driveDocuments } from './guest-documents.ts';
import { draftFor, type GuestDraft, guestInput, readGivenInput } from './guest-input.ts';
import { heldDevices } from './held-devices.ts';
import { sourcesOf } from './image-parts.ts';
import { hostAgentArch, requireService } from './launch-checks.ts';
import { checkInstanceName, domainNameOf, freeReadableName } from './names.ts';
import type { HostRoom } from './numa/fit-host.ts';
import { hostRoom } from './numa/host-room.ts';
import type { BuildPlan } from './plan.ts';
import { type Ingredients, type LaunchContext, planLaunch } from './plan-launch.ts';
import { findPlaces, keepingNetworks, planPorts } from './plan-ports.ts';
import type { Tools } from './tools.ts';

/** What a launch needs to know of the world, read before anything is decided. */
interface Prepared {
  readonly request: LaunchRequest;
  readonly ingredients: Ingredients;
  readonly context: Omit<LaunchContext, 'pci' | 'hostCells' | 'numaRoom'>;
  readonly places: readonly NetworkPlace[];
  readonly shares: Instance['shares'];
  /** The host's PCI devices; none where the flavor asks for none. */
  readonly pciDevices: readonly HostPciDevice[];
  /** The host's NUMA cells, and its huge pages as they are now. */
  readonly cells: readonly HostCell[];
  readonly hugePages: ReadonlyMap<number, readonly HugePagePool[]>;
  /** What this host has to give in all. */
  readonly inventories: Inventories;
  /** Names of domains that libvirt has, ours or not. */
  readonly domainNames: ReadonlySet<string>;
  readonly draft: GuestDraft;
  /** For the drive, where it goes there in clear. */
  readonly plainPassword: Secret | undefined;
  /** Whose room is free by then, since it is to be deleted before. */
  readonly replaced?: Instance['id'];
}

/** The plan as it would be now; changes nothing. */
export async function previewLaunch(tools: Tools, request: LaunchRequest): Promise<BuildPlan> {
  const prepared = await prepare(tools, request, 'peek');
  return decide(tools, prepared, 'peek');
}

/**
 * Throws what a launch would throw that comes in place of an instance. Its ports and addresses are not looked at: the instance
 * has them still.
 */
export async function checkReplacement(
  tools: Tools,
  request: LaunchRequest,
  replaced: Instance['id'],
): Promise<void> {
  const prepared = await prepare(tools, { ...request, ...plainCards(tools, request) }, 'peek');
  requireService(tools, prepared.context.carrier);
  try {
    decide(tools, { ...prepared, replaced }, 'peek');
  } catch (error) {
    if (!isFault(error, 'ADDRESS_EXHAUSTED')) throw error; // its own is free by then
  }
}

function plainCards({ store }: Tools, { networks }: LaunchRequest): Pick<LaunchRequest, 'networks'> {
  if (networks === undefined) return {};
  const plain = networks.map(({ port, network, mtu }) => {
    const place = port === undefined ? network : networkOfPort(store.ports.find(port));
    return defined({ network: place, mtu });
  });
  return { networks: plain };
}

export async function launchInstance(
  tools: Tools,
  request: LaunchRequest,
  options: ActOptions,
): Promise<Instance> {
  const prepared = await prepare(tools, request, 'allocate', options);
  emit(options, 'record', 'begin');
  const { plan, input, lease } = tools.store.transaction(() => {
    const decided = decide(tools, prepared, 'allocate');
    const { id } = decided.instance;
    const given = guestInput(
      prepared.draft,
      decided.instance,
      agentConfig(prepared.context.agent.wishes, decided.instance),
    );
    tools.store.guestInputs.insert(id, given);
    return { plan: decided, input: given, lease: tools.store.leases.acquire(`instance:${id}`, 'launch') };
  });
  try {
    emit(options, 'record', 'end');
    return await build({
      tools,
      plan,
      options,
      configDrive: (datasource) =>
        driveDocuments(
          { settings: tools.settings, instance: plan.instance, input, adminPassword: prepared.plainPassword },
          datasource,
        ),
    });
  } finally {
    lease.release();
  }
}

async function prepare(
  tools: Tools,
  request: LaunchRequest,
  mode: Mode,
  options: ActOptions = {},
): Promise<Prepared> {
  if (request.name !== undefined) checkInstanceName(request.name);
  const given = readGivenInput(request);
  const ingredients = lookUp(tools, request);
  const draft = draftFor(given, ingredients.image);
  const carrier = carrierOf(request, ingredients.image);
  const configDrive = configDriveWishes(request, ingredients.image, tools.settings);
  checkPasswordCarried(carrier, request, configDrive);
  const plain = plainPassword(request, ingredients.image);
  if (mode === 'allocate') requireService(tools, carrier);
  const agent = agentWishes(request, ingredients.image, tools.settings);
  const { facts, places } = await told(options, 'look-up', 'asking libvirt about this host', async () => ({
    facts: await tools.host.facts(),
    places: await findPlaces(tools, request, mode, options.signal),
  }));
  const connection = await tools.libvirt.control();
  const domains = await connection.listDomains();
  return {
    request,
    ingredients,
    places,
    shares: await sharesFor(tools, request),
    draft,
    plainPassword: plain,
    pciDevices: await pciDevicesFor(tools, ingredients),
    cells: facts.cells,
    hugePages: await tools.host.hugePages(),
    inventories: await readInventories(tools),
    domainNames: new Set(domains.map(({ name }) => name)),
    context: {
      settings: tools.settings,
      instances: tools.paths.instances,
      version: tools.version,
      host: facts.domain,
      hardwareHost: facts.hardware,
      hostMemoryMiB: facts.memoryMiB,
      limits: facts.limits,
      keepingNetworks: keepingNetworks(places),
      maxima: request,
      configDrive,
      carrier,
      agent: { wishes: agent, hostAgentArch: await hostAgentArch(tools, agent) },
    },
  };
}

async function sharesFor(tools: Tools, { shares = [] }: LaunchRequest): Promise<Instance['shares']> {
  if (shares.length === 0) return [];
  const { checkShares } = await import('./shares/check-shares.ts');
  return await checkShares(tools, shares);
}

async function pciDevicesFor(tools: Tools, { flavor }: Ingredients): Promise<readonly HostPciDevice[]> {
  return flavor.extraSpecs['pci_passthrough:alias'] === undefined ? [] : await tools.host.pciDevices();
}

function lookUp(tools: Tools, request: LaunchRequest): Ingredients {
  const flavor = tools.store.flavors.get(request.flavor ?? tools.settings.defaultFlavor);
  return { ...sourcesOf(tools, request.image), flavor };
}

/** Chooses number, names, address and everything else. Runs inside a transaction when it `allocate`s. */
function decide(tools: Tools, prepared: Prepared, mode: Mode): BuildPlan {
  const { store, settings } = tools;
  const id = instanceIdFor(prepared.context.carrier, newUuid);
  const name = prepared.request.name ?? freeReadableName((taken) => store.instances.hasName(taken));
  const { number, domainName } = chooseNumber(tools, prepared.domainNames, mode);
  const identity = {
    id,
    number,
    domainName,
    name,
    hostname: prepared.request.guest?.hostname ?? sanitizeHostname(name, id),
    createdAt: new Date().toISOString(),
    metadata: prepared.request.metadata ?? {},
    tags: checkTags(prepared.request.tags ?? []),
    ...(prepared.request.generationId === undefined ? {} : { generationId: prepared.request.generationId }),
  };
  const ports = planPorts(tools, prepared.places, { instanceId: id }, mode);
  const links = planLinks(prepared.request.links ?? [], ports.length);
  const pci = { devices: prepared.pciDevices, held: heldPciDevices(tools, prepared) };
  const context = {
    ...prepared.context,
    pci,
    hostCells: prepared.cells,
    numaRoom: () => numaRoom(tools, prepared),
  };
  const plan = planLaunch(
    prepared.ingredients,
    { ...identity, ports, links, shares: prepared.shares },
    context,
  );
  checkCarried(prepared.plainPassword, plan.instance);
  requireRoom(prepared.inventories, others(tools, prepared), plan.instance);
  if (mode === 'allocate') store.instances.insert(plan.instance);
  tools.log.debug(
    { instance: id, name, domain: domainName, template: settings.instanceNameTemplate },
    'planned',
  );
  const { cloudConfig } = prepared.draft;
  return cloudConfig === undefined ? plan : { ...plan, cloudConfig };
}

/** Every instance's, those that are being built or deleted too. Runs in the transaction that adds to them. */
function heldPciDevices(tools: Tools, prepared: Prepared): ReadonlyMap<string, string> {
  if (prepared.pciDevices.length === 0) return new Map();
  return heldDevices(others(tools, prepared));
}

function others({ store }: Tools, { replaced }: Prepared): readonly Instance[] {
  const all = store.instances.list();
  return replaced === undefined ? all : all.filter(({ id }) => id !== replaced);
}

/** What the host's cells have left. Runs in the transaction that takes some of it. */
function numaRoom(tools: Tools, prepared: Prepared): HostRoom {
  const { cells, hugePages } = prepared;
  const { settings } = tools;
  return hostRoom({
    cells,
    hugePages,
    dedicatedSet: settings.cpuDedicatedSet,
    sharedSet: settings.cpuSharedSet,
    instances: others(tools, prepared),
  });
}

/** Another novalet, with a state directory of its own, may have used a domain's name on this libvirt. */
export function chooseNumber(
  tools: Tools,
  taken: ReadonlySet<string>,
  mode: Mode,
): { number: number; domainName: string } {
  const { store, settings } = tools;
  let number = mode === 'peek' ? store.instances.peekNumber() : store.instances.allocateNumber();
  while (taken.has(domainNameOf(settings.instanceNameTemplate, number))) {
    number = mode === 'peek' ? number + 1 : store.instances.allocateNumber();
  }
  return { number, domainName: domainNameOf(settings.instanceNameTemplate, number) };
}
