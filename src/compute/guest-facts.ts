// What a guest tells of itself, with its disks and filesystems mapped to the disks that we attached.
import {
  type GuestDiskAddress,
  type GuestFacts,
  type GuestRoutes,
  type GuestTime,
  gatherFacts,
  type HostDisk,
  mapDisk,
  readRoutes,
  readTime,
} from '../guest/index.ts';
import type { Disk, Instance } from '../model/index.ts';
import type { ActOptions, AttachedDisk, GuestReport } from './compute.ts';
import { hostDisksIn } from './host-disks.ts';
import { presentForm } from './rescue/rescued-form.ts';
import type { Tools } from './tools.ts';

export async function reportGuest(tools: Tools, ref: string, options: ActOptions): Promise<GuestReport> {
  const instance = tools.store.instances.find(ref);
  const agents = await tools.agents.get();
  const facts = await agents.use(instance, (agent) => gatherFacts(agent, options));
  const domain = await tools.libvirt.domain(instance);
  const { disks } = presentForm(instance);
  return { instance, facts, ...attachedDisks(facts, hostDisksIn(await domain.xml()), disks) };
}

/** Which of ours stands behind each disk and each filesystem of the guest. Pure. */
export function attachedDisks(
  facts: GuestFacts,
  hostDisks: readonly HostDisk[],
  ours: readonly Disk[],
): Pick<GuestReport, 'attachedDisks' | 'attachedFilesystems'> {
  const attached = (guest: string, address: GuestDiskAddress | undefined): AttachedDisk[] => {
    const mapped = address === undefined ? undefined : mapDisk(address, hostDisks);
    if (mapped === undefined) return [];
    const role = ours.find(({ target }) => target === mapped.target)?.role ?? null;
    return [{ guest, target: mapped.target, by: mapped.by, role }];
  };
  const disks = facts.disks.known ? facts.disks.value : [];
  const filesystems = facts.filesystems.known ? facts.filesystems.value : [];
  return {
    attachedDisks: disks
      .filter((disk) => !disk.isPartition)
      .flatMap((disk) => attached(disk.name, disk.address)),
    attachedFilesystems: filesystems.flatMap(({ mountpoint, disks: parts }) =>
      parts.flatMap((address) => attached(mountpoint, address)),
    ),
  };
}

export async function guestRoutes(tools: Tools, ref: string, options: ActOptions): Promise<GuestRoutes> {
  const agents = await tools.agents.get();
  return await agents.use(find(tools, ref), (agent) => readRoutes(agent, { signal: options.signal }));
}

export async function guestTime(tools: Tools, ref: string, options: ActOptions): Promise<GuestTime> {
  const agents = await tools.agents.get();
  return await agents.use(find(tools, ref), (agent) => readTime(agent, { signal: options.signal }));
}

function find(tools: Tools, ref: string): Instance {
  return tools.store.instances.find(ref);
}
