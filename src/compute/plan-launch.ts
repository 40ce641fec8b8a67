// Decides a launch. Pure: request, flavor, image and host facts go in, the plan comes out.
import { join } from 'node:path';
import { Fault } from '../base/index.ts';
import type { HostCell } from '../libvirt-xml/index.ts';
import {
  type Carrier,
  extraSpecs,
  type Flavor,
  type GuestLink,
  type Hardware,
  type Image,
  type Instance,
  type NumaPlacement,
  type Port,
  type Share,
} from '../model/index.ts';
import { rootDiskBytes } from '../storage/index.ts';
import { type AgentWishes, carriesVendorData, disksWithAgent, wantsAgentDrive } from './agent-part.ts';
import { checkCarrier } from './carrier.ts';
import { chooseHardware, type HardwareHost, type HardwareWishes } from './choose-hardware.ts';
import { choosePciDevices, type PciRequest } from './choose-pci.ts';
import type { ConfigDriveWishes } from './config-drive-wishes.ts';
import { diskLayout } from './disk-layout.ts';
import { type DomainContext, domainInputOf, domainXmlOf } from './domain-of.ts';
import { fileSteps } from './file-steps.ts';
import { guestOptions } from './guest-options.ts';
import { withKernelNetwork } from './kernel-network.ts';
import { checkDevices } from './launch-devices.ts';
import { checkLaunchable, type HostLimits } from './launch-limits.ts';
import { askForCells } from './numa/ask-for-cells.ts';
import { fitOntoHost, type HostRoom } from './numa/fit-host.ts';
import { instancePaths } from './paths.ts';
import { pciAffinity } from './pci-affinity.ts';
import type { BuildPlan } from './plan.ts';
import type { Settings } from './settings.ts';
import { type MaximaWishes, withMaxima } from './sizes/choose-maxima.ts';

/** What the request named, looked up. */
export interface Ingredients {
  readonly image: Image;
  readonly kernel: Image | null;
  readonly ramdisk: Image | null;
  readonly flavor: Flavor;
}

/** What of a flavor and an image decides about host CPUs, memory and devices. */
export interface Sizing {
  readonly flavor: Flavor;
  readonly image: { readonly properties: Readonly<Record<string, string>> };
}

/** Who the instance will be. */
export interface Identity {
  readonly id: string;
  readonly number: number;
  readonly domainName: string;
  readonly name: string;
  readonly hostname: string;
  readonly createdAt: string;
  readonly ports: readonly Port[];
  readonly links: readonly GuestLink[];
  /** None when left out. */
  readonly shares?: readonly Share[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** Of a guest whose memory others shall go on from. */
  readonly generationId?: string | undefined;
}

export interface LaunchContext extends DomainContext {
  readonly hardwareHost: HardwareHost;
  readonly hostMemoryMiB: number;
  readonly configDrive: ConfigDriveWishes;
  readonly carrier: Carrier | null;
  /** What is wanted of the guest's agent, and the architecture of the host's, for a drive. */
  readonly agent: { readonly wishes: AgentWishes; readonly hostAgentArch: string | null };
  readonly limits: HostLimits;
  /** Networks among its own that keep addresses; the managed one does in any case. */
  readonly keepingNetworks?: readonly string[];
  /** How far it may grow while it runs. */
  readonly maxima?: MaximaWishes;
  /** The host's PCI devices, and who holds which. */
  readonly pci: Pick<PciRequest, 'devices' | 'held'>;
  /** The host's NUMA cells. */
  readonly hostCells: readonly HostCell[];
  /** What the host's NUMA cells have left; asked for guests that are to be placed on them. */
  readonly numaRoom: () => HostRoom;
  /** novalet's version. */
  readonly version: string;
}

/** Throws the faults of extra specs, image properties, hardware and sizes; all of them before anything is made. */
export function planLaunch(ingredients: Ingredients, identity: Identity, context: LaunchContext): BuildPlan {
  const { image, flavor } = ingredients;
  checkMinima(flavor, image);
  checkMemory(flavor, context.hostMemoryMiB);
  const wanted = hardwareFor(ingredients, context);
  const chosen = identity.generationId === undefined ? wanted : withDiscard(wanted);
  const numa = placementFor(ingredients, context);
  const sized = { ...chosen, pciDevices: pciDevicesFor(ingredients, context, numa) };
  const hardware = withMaxima({ flavor, hardware: sized, numa }, context.maxima ?? {});
  const layout = {
    flavor,
    hardware,
    imageFormat: image.diskFormat,
    imageSizeBytes: rootDiskBytes(flavor, image),
    ...context.configDrive,
    configDriveFormat: context.settings.configDriveFormat,
  };
  const { wishes, hostAgentArch } = context.agent;
  const isWanted = wantsAgentDrive(wishes, {
    arch: hardware.arch,
    hostAgentArch,
    hasCarrier: context.configDrive.configDrive || carriesVendorData(context.carrier),
    hasNetwork: identity.ports.length > 0,
  });
  const disks = disksWithAgent(wishes, (agentDrive) =>
    diskLayout({ ...layout, agentDrive: agentDrive && isWanted }),
  );
  const instance: Instance = {
    ...identity,
    vmState: 'building',
    taskState: 'spawning',
    fault: null,
    adoption: null,
    flavor,
    image: { id: image.id, name: image.name, properties: image.properties },
    hardware,
    numa,
    disks,
    carrier: withKernelNetwork(context.carrier, identity.ports, identity.links),
    volumes: [],
    shares: identity.shares ?? [],
    lock: null,
    rescue: null,
    resize: null,
    launchedAt: null,
  };
  checkCarrier(instance, [context.settings.networkName, ...(context.keepingNetworks ?? [])]);
  checkDevices(instance, { hasDisplay: context.settings.vncListen !== null });
  checkLaunchable(hardware, guestOptions(domainInputOf(instance, context)), context.limits);
  return {
    instance,
    steps: [
      { kind: 'record' },
      ...fileSteps(ingredients, instance, instancePaths(context.instances, instance.id)),
      { kind: 'define-domain' },
      { kind: 'start-domain' },
      { kind: 'activate' },
    ],
    domainXml: domainXmlOf(instance, context),
  };
}

/** What is removed before a guest's disks are kept for others shall be gone from the files, too. */
export function withDiscard(hardware: Hardware): Hardware {
  return { ...hardware, options: { ...hardware.options, discard: true } };
}

function hardwareFor({ flavor, image }: Ingredients, context: LaunchContext): Hardware {
  const { settings, hardwareHost } = context;
  return chooseHardware({
    flavor,
    imageProperties: image.properties,
    host: hardwareHost,
    wishes: launchWishes(settings, context.version),
  });
}

/** The devices that the flavor asks for. */
export function pciDevicesFor(
  { flavor, image }: Sizing,
  {
    pci,
    hostCells,
    settings,
  }: Pick<LaunchContext, 'pci' | 'hostCells'> & { readonly settings: Pick<Settings, 'pci'> },
  placement: NumaPlacement | null,
): readonly string[] {
  const wanted = extraSpecs(flavor.extraSpecs).pciPassthroughAlias ?? [];
  const affinity = pciAffinity({ flavor, image, placement, hostCells });
  return choosePciDevices({ ...pci, wanted, affinity, settings: settings.pci });
}

/** Null for a guest that may run anywhere. */
export function placementFor(
  { flavor, image }: Sizing,
  { numaRoom }: Pick<LaunchContext, 'numaRoom'>,
): NumaPlacement | null {
  const request = askForCells(flavor, image.properties);
  return request === null ? null : fitOntoHost(request, numaRoom());
}

/** Whatever the profile, guests get what novalet needs in them: the agent's channel and a lane. */
export function launchWishes(settings: Settings, packageVersion: string): HardwareWishes {
  const { machineTypes, pointerModel, ...options } = settings.hardware;
  return {
    cpuMode: settings.cpuMode,
    cpuModels: settings.cpuModels,
    cpuExtraFlags: settings.cpuModelExtraFlags,
    diskCache: 'none',
    machineTypes,
    pointerModel,
    options: { ...options, guestAgent: true, lane: true, packageVersion },
  };
}

/** A guest that could not even start; how many fit beside one another is not decided here. */
export function checkMemory(flavor: Flavor, hostMemoryMiB: number): void {
  if (flavor.memoryMiB <= hostMemoryMiB) return;
  throw new Fault(
    'exhausted',
    'HOST_MEMORY_TOO_SMALL',
    `Flavor ${flavor.name} has ${flavor.memoryMiB} MiB of memory, and this host has ${hostMemoryMiB}`,
    { hint: 'Choose a smaller flavor: novalet flavor list' },
  );
}

/** Throws `FLAVOR_MEMORY_TOO_SMALL` and `FLAVOR_DISK_TOO_SMALL`. */
export function checkMinima(flavor: Flavor, image: Image): void {
  if (flavor.memoryMiB < image.minRamMiB) {
    throw new Fault(
      'invalid',
      'FLAVOR_MEMORY_TOO_SMALL',
      `Flavor ${flavor.name} has ${flavor.memoryMiB} MiB of memory, and image ${image.name} needs ${image.minRamMiB}`,
      { hint: 'Choose a larger flavor: novalet flavor list' },
    );
  }
  if (flavor.rootGiB !== 0 && flavor.rootGiB < image.minDiskGiB) {
    throw new Fault(
      'invalid',
      'FLAVOR_DISK_TOO_SMALL',
      `Flavor ${flavor.name} has a root disk of ${flavor.rootGiB} GiB, and image ${image.name} needs ${image.minDiskGiB}`,
      { hint: 'Choose a larger flavor: novalet flavor list' },
    );
  }
}

/** `<images>/<id>`. */
export function imagePath(images: string, image: Image): string {
  return join(images, image.id);
}
