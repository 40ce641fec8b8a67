// Decides who a clone is and where it runs. Its hardware is what was recorded of the first, its place and its devices are
// chosen as for a launch. Runs in the transaction that adds it.
import { newUuid } from '../../base/index.ts';
import type { HostPciDevice, HugePagePool } from '../../host/index.ts';
import { sanitizeHostname } from '../../metadata/index.ts';
import type { Instance } from '../../model/index.ts';
import { type NetworkPlace, planLinks } from '../../network/index.ts';
import { checkCarrier, instanceIdFor } from '../carrier.ts';
import { type Inventories, requireRoom } from '../claims/claim.ts';
import type { EngineHostFacts } from '../engine-host.ts';
import { heldDevices } from '../held-devices.ts';
import { withKernelNetwork } from '../kernel-network.ts';
import { chooseNumber } from '../launch.ts';
import { hostRoom } from '../numa/host-room.ts';
import { checkMemory, pciDevicesFor, placementFor } from '../plan-launch.ts';
import { keepingNetworks, planPorts } from '../plan-ports.ts';
import { withoutTemplate } from '../templates/let-go.ts';
import type { Tools } from '../tools.ts';

/** What is known of the first and of the host before anything is decided. */
export interface PreparedClone {
  readonly source: Instance;
  readonly name: string;
  readonly places: readonly NetworkPlace[];
  readonly facts: EngineHostFacts;
  readonly pciDevices: readonly HostPciDevice[];
  readonly hugePages: ReadonlyMap<number, readonly HugePagePool[]>;
  readonly inventories: Inventories;
  /** Of domains that libvirt has, ours or not. */
  readonly domainNames: ReadonlySet<string>;
}

/** Throws `INSTANCE_NAME_TAKEN`, `HOST_FULL` and what a launch throws of addresses, places and devices. */
export function decideClone(tools: Tools, prepared: PreparedClone): Instance {
  const { source, name, facts } = prepared;
  const id = instanceIdFor(source.carrier, newUuid);
  const { number, domainName } = chooseNumber(tools, prepared.domainNames, 'allocate');
  const ports = planPorts(tools, prepared.places, { instanceId: id }, 'allocate');
  const links = planLinks(source.links, ports.length);
  const all = tools.store.instances.list();
  const { settings } = tools;
  checkMemory(source.flavor, facts.memoryMiB);
  const room = {
    cells: facts.cells,
    hugePages: prepared.hugePages,
    dedicatedSet: settings.cpuDedicatedSet,
    sharedSet: settings.cpuSharedSet,
    instances: all,
  };
  const numa = placementFor(source, { numaRoom: () => hostRoom(room) });
  const pci = { devices: prepared.pciDevices, held: heldDevices(all) };
  const pciDevices = pciDevicesFor(source, { pci, hostCells: facts.cells, settings }, numa);
  // its disks are copied whole, and its memory begins anew
  const { generationId: _of, ...kept } = withoutTemplate(source);
  const clone: Instance = {
    ...kept,
    id,
    number,
    domainName,
    name,
    hostname: sanitizeHostname(name, id),
    vmState: 'building',
    taskState: 'block_device_mapping',
    fault: null,
    hardware: { ...source.hardware, pciDevices },
    numa,
    ports,
    links,
    carrier: withKernelNetwork(source.carrier && { ...source.carrier, networkConfig: null }, ports, links),
    volumes: [],
    shares: [],
    lock: null,
    rescue: null,
    resize: null,
    createdAt: new Date().toISOString(),
    launchedAt: null,
  };
  checkCarrier(clone, [settings.networkName, ...keepingNetworks(prepared.places)]);
  requireRoom(prepared.inventories, all, clone);
  tools.store.instances.insert(clone);
  return clone;
}
