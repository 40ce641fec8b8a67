// `render`: a description in, the domain XML out, as Nova 26.2 would write it (or novalet, with profile "modern").
// No libvirt, no state, no addon: the same pure functions that a launch uses.
import { posix } from 'node:path';
import { serializeXml } from '../libvirt-xml/index.ts';
import { type Flavor, type Hardware, imageProperties, type Port } from '../model/index.ts';
import { chooseHardware } from './choose-hardware.ts';
import { diskLayout } from './disk-layout.ts';
import { domainConfig } from './domain-config.ts';
import { agentSocketPath, type DomainDisk, type DomainInput, type DomainPaths } from './domain-input.ts';
import { decodeRenderInput, type RenderInput } from './render-input.ts';

/**
 * The XML of one description, or of a list of them one after another.
 * Throws `RENDER_INPUT_INVALID` and the faults of `chooseHardware`, `diskLayout` and `domainConfig`.
 */
export function render(input: unknown): string {
  return decodeRenderInput(input)
    .map((one) => serializeXml(domainConfig(domainInput(one))))
    .join('');
}

function domainInput(input: RenderInput): DomainInput {
  const { instance, settings } = input;
  const flavor = renderFlavor(input);
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
    host: { arch: input.host.arch, virtType: input.host.virt_type, maxQueues: input.host.max_queues },
    disks: renderDisks(input, flavor, hardware),
    ports: input.ports.map(renderPort),
    paths,
    settings: {
      profile: settings.profile,
      vncListen: settings.vnc?.listen ?? null,
      memStatsPeriodS: settings.mem_stats_period_seconds,
      pciePorts: settings.num_pcie_ports,
      rxQueueSize: settings.rx_queue_size,
      packageVersion: settings.package_version,
      sysinfo: input.sysinfo,
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

function renderHardware(input: RenderInput, flavor: Flavor): Hardware {
  const { host, firmware, settings } = input;
  return chooseHardware({
    flavor,
    imageProperties: input.image.properties,
    host: {
      arch: host.arch,
      virtType: host.virt_type,
      machineTypes: [],
      cpuModes: [],
      firmware: {
        plain: { loader: firmware.loader, nvramTemplate: firmware.nvram_template },
        secure: { loader: firmware.secure_loader, nvramTemplate: firmware.secure_nvram_template },
      },
    },
    wishes: {
      profile: settings.profile,
      cpuMode: settings.cpu_mode ?? null,
      cpuModels: settings.cpu_models,
      cpuExtraFlags: settings.cpu_model_extra_flags,
      diskCache: settings.disk_cache,
      pointerModel: settings.pointer_model === 'usbtablet' ? 'usbtablet' : null,
    },
  });
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
  const { img_config_drive: policy } = imageProperties(input.image.properties);
  const disks = diskLayout({
    flavor,
    hardware,
    imageFormat: input.image.disk_format,
    imageSizeBytes: input.image.size ?? 0,
    configDrive: input.instance.config_drive || policy === 'mandatory',
    rescue: input.instance.rescue,
  });
  return disks.map((disk) => ({ ...disk, path: instanceFile(input, disk.fileName) }));
}

function renderPort(port: RenderInput['ports'][number]): Port {
  return {
    id: port.id,
    mac: port.mac,
    binding: { kind: 'bridge', bridge: port.bridge },
    deviceName: port.devname,
    mtu: port.mtu,
    fixedIps: port.fixed_ips.map(({ address }) => ({ address, prefix: address.includes(':') ? 64 : 24 })),
  };
}
