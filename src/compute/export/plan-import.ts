// Decides what an imported instance is here: identity, network cards, place on the host. Runs in the transaction that adds it.
import { newUuid } from '../../base/index.ts';
import type { HugePagePool } from '../../host/index.ts';
import { sanitizeHostname } from '../../metadata/index.ts';
import { type Instance, type Port, tapName } from '../../model/index.ts';
import { type NetworkPlace, planLinks } from '../../network/index.ts';
import { checkCarrier, instanceIdFor } from '../carrier.ts';
import { type Inventories, requireRoom } from '../claims/claim.ts';
import { type DomainContext, domainInputOf } from '../domain-of.ts';
import type { EngineHostFacts } from '../engine-host.ts';
import { guestOptions } from '../guest-options.ts';
import { withKernelNetwork } from '../kernel-network.ts';
import { chooseNumber } from '../launch.ts';
import { checkDevices } from '../launch-devices.ts';
import { checkLaunchable } from '../launch-limits.ts';
import { hostRoom } from '../numa/host-room.ts';
import { placementFor } from '../plan-launch.ts';
import { keepingNetworks, planPorts } from '../plan-ports.ts';
import type { Tools } from '../tools.ts';
import { idTaken } from './export-faults.ts';
import type { ImportRequest } from './export-requests.ts';
import type { BelievedRecord } from './import-checks.ts';
import { keepsCards } from './import-network.ts';

/** What is known of file and host before anything is decided. */
export interface PreparedImport {
  readonly request: ImportRequest;
  readonly recorded: Instance;
  readonly believed: BelievedRecord;
  readonly places: readonly NetworkPlace[];
  readonly facts: EngineHostFacts;
  readonly hugePages: ReadonlyMap<number, readonly HugePagePool[]>;
  readonly inventories: Inventories;
  readonly context: DomainContext;
  /** Of domains that libvirt has, ours or not. */
  readonly domains: readonly { readonly name: string; readonly uuid: string }[];
}

/** Throws `INSTANCE_ID_TAKEN`, `INSTANCE_NAME_TAKEN`, `ADDRESS_TAKEN`, `MAC_TAKEN`, `HOST_FULL` and what a launch throws. */
export function decideImport(tools: Tools, prepared: PreparedImport): Instance {
  const { request, recorded, believed, domains, context } = prepared;
  const isSame = request.keepId === true;
  const id = isSame ? recorded.id : instanceIdFor(believed.carrier, newUuid);
  if (tools.store.instances.get(id) !== undefined || domains.some(({ uuid }) => uuid === id))
    throw idTaken(id);
  const name = request.name ?? recorded.name;
  const { number, domainName } = chooseNumber(
    tools,
    new Set(domains.map((domain) => domain.name)),
    'allocate',
  );
  const planned = planPorts(tools, prepared.places, { instanceId: id }, 'allocate');
  const ports = keepsCards(request) ? withOldIds(planned, recorded.ports) : planned;
  const instance: Instance = {
    ...believed,
    id,
    number,
    domainName,
    name,
    hostname: request.name === undefined ? believed.hostname : sanitizeHostname(name, id),
    vmState: 'building',
    taskState: 'block_device_mapping',
    fault: null,
    adoption: null,
    numa: placementFor(believed, { numaRoom: () => numaRoom(tools, prepared) }),
    ports,
    links: planLinks(believed.links, ports.length),
    carrier: withKernelNetwork(
      believed.carrier && { ...believed.carrier, networkConfig: null },
      ports,
      believed.links,
    ),
    shares: [],
    lock: null,
    rescue: null,
    resize: null,
    createdAt: isSame ? recorded.createdAt : new Date().toISOString(),
    launchedAt: isSame ? recorded.launchedAt : null,
  };
  checkCarrier(instance, [tools.settings.networkName, ...keepingNetworks(prepared.places)]);
  checkDevices(instance, { hasDisplay: context.settings.vncListen !== null });
  checkLaunchable(instance.hardware, guestOptions(domainInputOf(instance, context)), prepared.facts.limits);
  requireRoom(prepared.inventories, tools.store.instances.list(), instance);
  tools.store.instances.insert(instance);
  return instance;
}

/** What a guest was told of its cards names them by these. */
function withOldIds(planned: readonly Port[], recorded: readonly Port[]): readonly Port[] {
  return planned.map((port, at) => {
    const id = recorded[at]?.id ?? port.id;
    return { ...port, id, deviceName: tapName(id) };
  });
}

function numaRoom({ store, settings }: Tools, { facts, hugePages }: PreparedImport) {
  return hostRoom({
    cells: facts.cells,
    hugePages,
    dedicatedSet: settings.cpuDedicatedSet,
    sharedSet: settings.cpuSharedSet,
    instances: store.instances.list(),
  });
}
