// `render`: a description in, the domain XML out, as Nova 26.2 would write it (or novalet, with profile "modern").
// No libvirt, no state, no addon: the same pure functions that a launch uses.
import { posix } from 'node:path';
import { Fault } from '../base/index.ts';
import { serializeXml } from '../libvirt-xml/index.ts';
import {
  extraSpecs,
  type Flavor,
  type Hardware,
  type ImageProperties,
  imageProperties,
  type NumaPlacement,
  PLAIN_ADDRESSING,
  type Port,
  PROFILE_SWITCHES,
} from '../model/index.ts';
import { chooseHardware, type HardwareWishes } from './choose-hardware.ts';
import { type DiskLayoutRequest, diskLayout, RESCUE_DISK } from './disk-layout.ts';
import { domainConfig } from './domain-config.ts';
import { agentSocketPath, type DomainDisk, type DomainInput, type DomainPaths } from './domain-input.ts';
import { askForCells } from './numa/ask-for-cells.ts';
import { fitOntoHost, withoutHostCells } from './numa/fit-host.ts';
import type { HostNumaCell } from './numa/host-cell.ts';
import { decodeRenderInput, type RenderInput } from './render-input.ts';
import { isStableRescue, rescuePlace } from './rescue/stable-rescue.ts';

/** Others have no UEFI, whatever a description says of the host's files. */
const UEFI_ARCHITECTURES = ['x86_64', 'i686', 'aarch64', 'armv7l', 'riscv64'];

/** The JSON schema of a description, a file. */
export const RENDER_SCHEMA = new URL('../../templates/render.schema.json', import.meta.url);

/**
 * The XML of one description, or of a list of them one after another.
 * Throws `RENDER_INPUT_INVALID` and the faults of `chooseHardware`, `diskLayout` and `domainConfig`.
 */
export function render(input: unknown): string {
  return decodeRenderInput(input)
    .map((one) => serializeXml(domainConfig(domainInput(one))))
    .join('');
}

/** Throws `PCI_UNDESCRIBED`. */
function domainInput(input: RenderInput): DomainInput {
  const { instance, settings } = input;
  const flavor = renderFlavor(input);
  if (extraSpecs(flavor.extraSpecs).pciPassthroughAlias !== undefined) throw pciUndescribed();
  const hardware = renderHardware(input, flavor);
  const paths = renderPaths(input);
  return {
    uuid: instance.uuid,
    domainName: instance.name,
    displayName: instance.display_name ?? null,
    createdAt: instance.created_at ?? null,
    owner: {
      userId: instance.user_id ?? null,
      userName: instance.user_name,
      projectId: instance.project_id ?? null,
      projectName: instance.project_name,
    },
    rootImageId: instance.root_image_id ?? input.image.id ?? null,
    flavor,
    imageProperties: input.image.properties,
    osType: instance.os_type,
    hardware,
    numa: renderPlacement(input, flavor),
    host: { arch: input.host.arch },
    disks: renderDisks(input, flavor, hardware),
    ports: input.ports.map(renderPort),
    paths,
    settings: {
      vncListen: settings.vnc?.listen ?? null,
      vncPassword: false,
      sharedCpus: null,
      manufacturer: input.sysinfo.manufacturer,
      product: input.sysinfo.product,
      // Nova makes a secret for every TPM and remembers its UUID; there is nobody to remember one here.
      tpmSecret: settings.profile === 'zed' ? instance.uuid : null,
      isLiteral: settings.profile === 'zed',
      rescue: instance.rescue,
    },
  };
}

function renderFlavor({ flavor }: RenderInput): Flavor {
  return {
    name: flavor.name,
    vcpus: flavor.vcpus,
    memoryMiB: flavor.memory_mb,
    rootGiB: flavor.root_gb,
    ephemeralGiB: flavor.ephemeral_gb,
    swapMiB: flavor.swap,
    extraSpecs: flavor.extra_specs,
  };
}

/** The host's cells with nobody else on them, all CPUs for pinned and for floating vCPUs alike. */
function renderPlacement(input: RenderInput, flavor: Flavor): NumaPlacement | null {
  const request = askForCells(flavor, input.image.properties);
  if (request === null) return null;
  const { numa_cells: given } = input.host;
  if (given.length === 0) return withoutHostCells(request, null);
  return fitOntoHost(request, { cells: given.map(renderCell), sharedPool: null, overcommit: null });
}

function renderCell(cell: RenderInput['host']['numa_cells'][number]): HostNumaCell {
  return {
    id: cell.id,
    memoryMiB: cell.memory_mb,
    sharedCpus: cell.cpus,
    dedicatedCpus: cell.cpus,
    cores: cell.siblings ?? cell.cpus.map((cpu) => [cpu]),
    pages: (cell.page_sizes_kb ?? []).map(({ size, total }) => ({ sizeKiB: size, total, free: null })),
    holdings: [],
  };
}

function renderHardware(input: RenderInput, flavor: Flavor): Hardware {
  const { host, firmware } = input;
  const offer = {
    plain: { loader: firmware.loader, nvramTemplate: firmware.nvram_template },
    secure: { loader: firmware.secure_loader, nvramTemplate: firmware.secure_nvram_template },
  };
  return chooseHardware({
    flavor,
    imageProperties: input.image.properties,
    host: {
      arch: host.arch,
      virtType: host.virt_type,
      machineTypes: {},
      cpuModes: [],
      firmware: Object.fromEntries(UEFI_ARCHITECTURES.map((arch) => [arch, offer])),
      maxQueues: host.max_queues,
    },
    wishes: renderWishes(input),
    isLiteral: input.settings.profile === 'zed',
  });
}

function renderWishes({ settings, sysinfo }: RenderInput): HardwareWishes {
  const isModern = settings.profile === 'modern';
  return {
    cpuMode: settings.cpu_mode ?? null,
    cpuModels: settings.cpu_models,
    cpuExtraFlags: settings.cpu_model_extra_flags,
    diskCache: settings.disk_cache,
    pointerModel: settings.pointer_model === 'usbtablet' ? 'usbtablet' : null,
    machineTypes: {},
    options: {
      ...PROFILE_SWITCHES[settings.profile],
      profile: settings.profile,
      guestAgent: isModern,
      lane: isModern,
      statsPeriodS: settings.mem_stats_period_seconds,
      pciePorts: settings.num_pcie_ports,
      rxQueueSize: settings.rx_queue_size,
      serialNumber: sysinfo.serial,
      packageVersion: settings.package_version,
    },
  };
}

function instanceFile({ host, instance }: RenderInput, fileName: string): string {
  return posix.join(host.instances_path, instance.uuid, fileName);
}

function renderPaths(input: RenderInput): DomainPaths {
  const { instance } = input;
  const suffix = instance.rescue ? '.rescue' : '';
  return {
    consoleLog: instanceFile(input, 'console.log'),
    agentSocket: agentSocketPath(instance.name),
    kernel: instance.kernel ? instanceFile(input, `kernel${suffix}`) : null,
    ramdisk: instance.ramdisk ? instanceFile(input, `ramdisk${suffix}`) : null,
  };
}

function renderDisks(input: RenderInput, flavor: Flavor, hardware: Hardware): readonly DomainDisk[] {
  const image = imageProperties(input.image.properties);
  const disks = diskLayout({
    flavor,
    hardware,
    imageFormat: input.image.disk_format,
    imageSizeBytes: input.image.size ?? 0,
    configDrive: input.instance.config_drive || image.img_config_drive === 'mandatory',
    configDriveFormat: input.settings.config_drive_format,
    ...rescueLayout(input, image, hardware),
  });
  const isStable = isStableRescue(image);
  return disks.map((disk) => ({
    ...disk,
    path: instanceFile(input, disk.fileName),
    bootsFirst: isStable && disk.fileName === RESCUE_DISK,
  }));
}

/** The image is the rescue image too: a description has one. */
function rescueLayout(
  { instance }: RenderInput,
  image: ImageProperties,
  hardware: Hardware,
): Pick<DiskLayoutRequest, 'rescue' | 'stableRescue'> {
  if (!instance.rescue) return {};
  if (!isStableRescue(image)) return { rescue: true };
  return { stableRescue: rescuePlace(image, hardware) };
}

function pciUndescribed(): Fault {
  return new Fault('unsupported', 'PCI_UNDESCRIBED', 'A description names no PCI devices of its host', {
    hint: 'Take pci_passthrough:alias out of the description; novalet launch --dry-run --print-xml chooses real devices.',
    details: { key: 'pci_passthrough:alias' },
  });
}

function renderPort(port: RenderInput['ports'][number]): Port {
  return {
    id: port.id,
    mac: port.mac,
    binding: { kind: 'bridge', bridge: port.bridge },
    deviceName: port.devname,
    mtu: port.mtu,
    isMtuChosen: false,
    addressing: PLAIN_ADDRESSING,
    fixedIps: port.fixed_ips.map(({ address }) => ({ address, prefix: address.includes(':') ? 64 : 24 })),
  };
}
