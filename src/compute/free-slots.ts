// Whether a running machine can take another PCI device. Pure; from the domain's live XML. A slot on PCI Express is a root
// port, and those are made when the domain starts; a machine with plain PCI has 32 slots on its first bus.
import { Fault } from '../base/index.ts';
import { attributeOf, childElements, type Element, find } from '../libvirt-xml/index.ts';
import type { Instance } from '../model/index.ts';

const PORTS: readonly string[] = ['pcie-root-port', 'pcie-switch-downstream-port'];
const BRIDGES: readonly string[] = ['pci-root', 'pci-bridge', 'pcie-to-pci-bridge'];
/** Of 32, the first is the bridge's own. */
const SLOTS_OF_A_BUS = 31;

/** How many PCI devices may still be plugged in; null on a machine without PCI, where nothing of the kind is in the way. */
export function freeSlots(devices: Element): number | null {
  const buses = childElements(devices, 'controller').filter((one) => attributeOf(one, 'type') === 'pci');
  if (buses.length === 0) return null;
  const used = usedSlots(devices);
  return buses.reduce((free, bus) => {
    const index = Number(attributeOf(bus, 'index') ?? '0');
    const model = attributeOf(bus, 'model') ?? '';
    const taken = used.get(index)?.size ?? 0;
    if (PORTS.includes(model)) return free + (taken === 0 ? 1 : 0);
    return BRIDGES.includes(model) ? free + Math.max(0, SLOTS_OF_A_BUS - taken) : free;
  }, 0);
}

/** Throws `NO_FREE_SLOT`. `what`: the device, `the disk vdb`; `others`: a cure besides, a sentence. */
export function requireFreeSlot(devices: Element, instance: Instance, what: string, others = ''): void {
  if (freeSlots(devices) !== 0) return;
  throw new Fault(
    'exhausted',
    'NO_FREE_SLOT',
    `The machine of ${instance.name} has no free slot for ${what}`,
    {
      hint: `${others}Slots are made at a start: novalet stop ${instance.name}, attach it, and start. More of them for instances launched from now on: num_pcie_ports in the configuration.`,
    },
  );
}

/** By bus, the slots that a device is in. */
function usedSlots(devices: Element): ReadonlyMap<number, ReadonlySet<number>> {
  const used = new Map<number, Set<number>>();
  for (const device of childElements(devices)) {
    const address = find(device, 'address');
    if (attributeOf(address, 'type') !== 'pci') continue;
    const bus = Number(attributeOf(address, 'bus'));
    const slots = used.get(bus) ?? new Set();
    used.set(bus, slots.add(Number(attributeOf(address, 'slot'))));
  }
  return used;
}
