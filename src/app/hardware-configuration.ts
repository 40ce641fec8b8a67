// The part of the configuration file that says what guests' virtual hardware is like: the profile with its switches,
// machine types, and the host's PCI devices that may be given away. Decoded with the rest (configuration-file.ts).
import {
  aBoolean,
  anExactObject,
  anIntegerFrom,
  aString,
  aStringLike,
  listOf,
  mapOf,
  oneOf,
  optional,
  type Place,
  type Shape,
  type ShapeOf,
} from '../base/index.ts';
import { DEFAULT_HARDWARE, type HardwareSettings, type PciSettings } from '../compute/index.ts';
import { type HardwareProfile, PROFILE_SWITCHES } from '../model/index.ts';

const aProfile = oneOf('zed', 'modern');
const switches = anExactObject({
  profile: optional(aProfile),
  iothreads: optional(aBoolean),
  autodeflate: optional(aBoolean),
  free_page_reporting: optional(aBoolean),
  discard: optional(aBoolean),
  io_uring: optional(aBoolean),
  packed_rings: optional(aBoolean),
  balloon: optional(aBoolean),
});

/** A word alone is the profile. */
const hardware: Shape<ShapeOf<typeof switches>> = (value, at) =>
  switches(typeof value === 'string' ? { profile: aProfile(value, at) } : value, at);

const hexId = aStringLike(/^(?:[0-9a-fA-F]{4}|\*)$/, 'is not four hexadecimal digits');
const addressPattern = aStringLike(
  /^(?:[0-9a-fA-F]{1,4}|\*):(?:[0-9a-fA-F]{1,2}|\*)(?::(?:[0-9a-fA-F]{1,2}|\*)(?:\.(?:[0-7]|\*))?)?$/,
  'is not a PCI address such as 0000:3b:00.0, with * for any part',
);

const pciDevice = anExactObject({
  vendor_id: optional(hexId),
  product_id: optional(hexId),
  address: optional(addressPattern),
});

const pciAlias = anExactObject({
  name: aStringLike(/^[^:,\s][^:,]{0,255}$/, 'may hold no colon and no comma'),
  vendor_id: optional(hexId),
  product_id: optional(hexId),
  address: optional(addressPattern),
  device_type: optional(oneOf('type-PCI', 'type-PF', 'type-VF')),
});

/** Members of the file's document. */
export const hardwareShape = {
  hardware: optional(hardware),
  hw_machine_type: optional(mapOf(aString)),
  pointer_model: optional(oneOf('usbtablet', 'ps2mouse')),
  mem_stats_period_seconds: optional(anIntegerFrom(0, 86_400)),
  num_pcie_ports: optional(anIntegerFrom(0, 28)),
  rx_queue_size: optional(oneOf(256, 512, 1024)),
  sysinfo_serial: optional(oneOf('unique', 'none')),
  pci: optional(
    anExactObject({ device_spec: optional(listOf(pciDevice)), alias: optional(listOf(pciAlias)) }),
  ),
};

const document = anExactObject(hardwareShape);
type Decoded = ShapeOf<typeof document>;

export function toHardwareSettings(data: Decoded): HardwareSettings {
  const given: Partial<ShapeOf<typeof switches>> = data.hardware ?? {};
  const profile: HardwareProfile = given.profile ?? DEFAULT_HARDWARE.profile;
  const usual = PROFILE_SWITCHES[profile];
  return {
    profile,
    ioThreads: given.iothreads ?? usual.ioThreads,
    autodeflate: given.autodeflate ?? usual.autodeflate,
    freePageReporting: given.free_page_reporting ?? usual.freePageReporting,
    discard: given.discard ?? usual.discard,
    ioUring: given.io_uring ?? usual.ioUring,
    packedRings: given.packed_rings ?? usual.packedRings,
    balloon: given.balloon ?? usual.balloon,
    machineTypes: data.hw_machine_type ?? DEFAULT_HARDWARE.machineTypes,
    pointerModel: data.pointer_model === 'ps2mouse' ? null : DEFAULT_HARDWARE.pointerModel,
    statsPeriodS: data.mem_stats_period_seconds ?? DEFAULT_HARDWARE.statsPeriodS,
    pciePorts: data.num_pcie_ports ?? (profile === 'zed' ? 0 : DEFAULT_HARDWARE.pciePorts),
    rxQueueSize: data.rx_queue_size ?? DEFAULT_HARDWARE.rxQueueSize,
    serialNumber: data.sysinfo_serial ?? DEFAULT_HARDWARE.serialNumber,
  };
}

/** Refuses an alias that says nothing of its devices, and two of one name that do not agree (as Nova). */
export function toPciSettings(data: Decoded, root: Place): PciSettings {
  const at = root.member('pci').member('alias');
  const aliases = (data.pci?.alias ?? []).map((alias, index) => {
    const { name, vendor_id: vendorId, product_id: productId, address, device_type: deviceType } = alias;
    if (vendorId === undefined && productId === undefined && address === undefined) {
      return at.item(index).refuse('needs vendor_id and product_id, or address');
    }
    return { name, deviceType, match: { vendorId, productId, address } };
  });
  const types = new Map<string, string | undefined>();
  for (const [index, { name, deviceType }] of aliases.entries()) {
    if (types.has(name) && types.get(name) !== deviceType) {
      at.item(index).refuse('has another device_type than the alias of the same name');
    }
    types.set(name, deviceType);
  }
  const specs = data.pci?.device_spec ?? [];
  const devices = specs.map(({ vendor_id: vendorId, product_id: productId, address }) => ({
    vendorId,
    productId,
    address,
  }));
  return { devices, aliases };
}
