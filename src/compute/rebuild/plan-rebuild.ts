// Decides a rebuild. Pure: the instance and its new image go in, the record as it will be and the files to make come out.
import { join } from 'node:path';
import {
  type Carrier,
  configDriveFormatOf,
  type Disk,
  type Instance,
  imageProperties,
  type Volume,
} from '../../model/index.ts';
import { rootDiskBytes } from '../../storage/index.ts';
import { type AgentWishes, carriesVendorData, disksWithAgent, wantsAgentDrive } from '../agent-part.ts';
import { checkCarrier } from '../carrier.ts';
import { chooseHardware, type HardwareHost } from '../choose-hardware.ts';
import type { ConfigDriveWishes } from '../config-drive-wishes.ts';
import { diskLayout } from '../disk-layout.ts';
import { type DomainContext, domainInputOf, domainXmlOf } from '../domain-of.ts';
import { type FileSources, fileSteps } from '../file-steps.ts';
import { guestOptions } from '../guest-options.ts';
import { withKernelNetwork } from '../kernel-network.ts';
import { checkDevices } from '../launch-devices.ts';
import { checkLaunchable, type HostLimits } from '../launch-limits.ts';
import { instancePaths } from '../paths.ts';
import type { FileStep } from '../plan.ts';
import { checkMinima, launchWishes } from '../plan-launch.ts';
import { checkArch } from '../rescue/plan-rescue.ts';
import { clearOf } from '../resize/resized-disks.ts';
import { withoutTemplate } from '../templates/let-go.ts';
import { checkSamePlace, rebuiltHardware } from './rebuilt-hardware.ts';

/** Where the new files lie until the old ones are given up: a folder of the instance's directory. */
export const STAGE = 'rebuild';

export interface RebuildContext extends DomainContext {
  readonly hardwareHost: HardwareHost;
  readonly limits: HostLimits;
  readonly configDrive: ConfigDriveWishes;
  readonly carrier: Carrier | null;
  readonly agent: { readonly wishes: AgentWishes; readonly hostAgentArch: string | null };
  readonly preserveEphemeral: boolean;
  /** Names of networks that keep addresses of the instance, the managed one first. */
  readonly managedNetworks: readonly string[];
  /** novalet's version. */
  readonly version: string;
}

export interface RebuildPlan {
  /** The record as it will be, but for its states. */
  readonly next: Instance;
  /** Each makes its file in the stage. */
  readonly steps: readonly FileStep[];
}

/** Throws what a launch throws of its image, and `IMAGE_ARCH_CONFLICT`, `REBUILD_MACHINE_CONFLICT` and `REBUILD_NUMA_CONFLICT`. */
export function planRebuild(instance: Instance, sources: FileSources, context: RebuildContext): RebuildPlan {
  const { image } = sources;
  const { flavor } = instance;
  checkMinima(flavor, image);
  const properties = imageProperties(image.properties);
  checkArch(instance, image.name, properties.hw_emulation_architecture ?? properties.hw_architecture);
  checkSamePlace(instance, image.properties);
  const chosen = chooseHardware({
    flavor,
    imageProperties: image.properties,
    host: context.hardwareHost,
    wishes: launchWishes(context.settings, context.version),
  });
  const hardware = rebuiltHardware(instance, chosen, properties);
  const next: Instance = {
    ...(keepsDisks(instance, context) ? instance : withoutTemplate(instance)),
    image: { id: image.id, name: image.name, properties: image.properties },
    hardware,
    disks: rebuiltDisks({ ...instance, hardware }, sources, context),
    volumes: attachedVolumes(instance),
    carrier: withKernelNetwork(context.carrier, instance.ports, instance.links),
  };
  checkCarrier(next, context.managedNetworks);
  checkDevices(next, { hasDisplay: context.settings.vncListen !== null });
  checkLaunchable(hardware, guestOptions(domainInputOf(next, context)), context.limits);
  domainXmlOf(next, context); // its faults belong before anything is touched
  return { next, steps: stagedSteps(next, sources, context) };
}

/** Whether one of its disks goes on, with whatever it lies over. */
function keepsDisks({ disks }: Instance, { preserveEphemeral }: RebuildContext): boolean {
  return preserveEphemeral && disks.some(({ role }) => role === 'ephemeral');
}

type DisksContext = Pick<RebuildContext, 'agent' | 'configDrive' | 'carrier' | 'preserveEphemeral'> & {
  readonly settings: Pick<RebuildContext['settings'], 'configDriveFormat'>;
};

/** A disk that was grown after the launch is as large as it was, and no volume's name is taken. */
export function rebuiltDisks(
  instance: Instance,
  { image }: FileSources,
  { settings, agent, configDrive, carrier, preserveEphemeral }: DisksContext,
): readonly Disk[] {
  const { flavor, hardware, disks } = instance;
  const config = disks.find(({ role }) => role === 'config');
  const layout = {
    flavor,
    hardware,
    imageFormat: image.diskFormat,
    imageSizeBytes: rootDiskBytes(flavor, image),
    ...configDrive,
    configDriveFormat: config === undefined ? settings.configDriveFormat : configDriveFormatOf(config),
  };
  const isWanted = wantsAgentDrive(agent.wishes, {
    arch: hardware.arch,
    hostAgentArch: agent.hostAgentArch,
    hasCarrier: configDrive.configDrive || carriesVendorData(carrier),
    hasNetwork: instance.ports.length > 0,
  });
  const laid = disksWithAgent(agent.wishes, (agentDrive) =>
    diskLayout({ ...layout, agentDrive: agentDrive && isWanted }),
  );
  const sized = laid.map((disk) => {
    const before = disks.find(({ role, device }) => role === disk.role && device === 'disk');
    const keepsSize = disk.device === 'disk' && (disk.role === 'root' || preserveEphemeral);
    if (before === undefined || !keepsSize) return disk;
    return { ...disk, sizeBytes: Math.max(disk.sizeBytes, before.sizeBytes) };
  });
  return clearOf(
    sized,
    attachedVolumes(instance).map(({ target }) => target),
  );
}

/** Without what was put into the instance's own drives: those hold their own media again. */
export function attachedVolumes({ volumes, disks }: Pick<Instance, 'volumes' | 'disks'>): readonly Volume[] {
  const own = new Set(disks.map(({ target }) => target));
  return volumes.filter(({ target }) => !own.has(target));
}

function stagedSteps(
  next: Instance,
  sources: FileSources,
  { instances, preserveEphemeral }: RebuildContext,
): readonly FileStep[] {
  const stage = instancePaths(join(instances, next.id), STAGE);
  return fileSteps(sources, next, stage).filter(
    ({ kind }) => kind !== 'instance-directory' && !(preserveEphemeral && kind === 'ephemeral-disk'),
  );
}
