// Marks in the disks of a domain that runs or is paused, made by QEMU itself: all of them at one moment or none. libvirt has
// no call for a mark without the memory, so QEMU's own commands are passed on; libvirt notes that in the domain ("tainted").
import { Fault } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';

export interface OpenDisk {
  /** Absolute. */
  readonly path: string;
  /** QEMU's name of its node. */
  readonly node: string;
  readonly marks: readonly string[];
}

/** query-block: the disks of these files as QEMU has them open. Throws `SNAPSHOT_DISK_NOT_OPEN`. */
export async function openDisks(
  domain: Domain,
  instance: Instance,
  paths: readonly string[],
): Promise<readonly OpenDisk[]> {
  const drives = await ask(domain, instance, 'query-block', {});
  const open = (Array.isArray(drives) ? drives : []).flatMap((drive: unknown) => {
    const inserted = memberOf(drive, 'inserted');
    const path = memberOf(inserted, 'file');
    const node = memberOf(inserted, 'node-name');
    if (typeof path !== 'string' || typeof node !== 'string') return [];
    return [{ path, node, marks: namesIn(memberOf(memberOf(inserted, 'image'), 'snapshots')) }];
  });
  return paths.map((path) => {
    const found = open.find((disk) => disk.path === path);
    if (found !== undefined) return found;
    throw new Fault(
      'conflict',
      'SNAPSHOT_DISK_NOT_OPEN',
      `QEMU does not have ${path} of ${instance.name} open`,
      {
        hint: 'Somebody changed its disks past novalet: stop it, and try again.',
        details: { path },
      },
    );
  });
}

/** transaction of blockdev-snapshot-internal-sync. */
export async function addLiveMarks(
  domain: Domain,
  instance: Instance,
  disks: readonly OpenDisk[],
  name: string,
): Promise<void> {
  const actions = disks.map(({ node }) => ({
    type: 'blockdev-snapshot-internal-sync',
    data: { device: node, name },
  }));
  await ask(domain, instance, 'transaction', { actions });
}

/** blockdev-snapshot-delete-internal-sync, of those that have it. */
export async function removeLiveMarks(
  domain: Domain,
  instance: Instance,
  disks: readonly OpenDisk[],
  name: string,
): Promise<void> {
  for (const { node, marks } of disks) {
    if (!marks.includes(name)) continue;
    await ask(domain, instance, 'blockdev-snapshot-delete-internal-sync', { device: node, name });
  }
}

async function ask(domain: Domain, instance: Instance, command: string, args: object): Promise<unknown> {
  const reply: unknown = JSON.parse(
    await domain.qemuMonitorCommand(JSON.stringify({ execute: command, arguments: args })),
  );
  const why = memberOf(memberOf(reply, 'error'), 'desc');
  if (why === undefined) return memberOf(reply, 'return');
  throw new Fault(
    'refused',
    'SNAPSHOT_REFUSED',
    `QEMU refuses ${command} for ${instance.name}: ${String(why).slice(0, 500)}`,
    { hint: 'Nothing was changed. Is there space for its disks? Off, it may go: novalet stop, then again.' },
  );
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function namesIn(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const name = memberOf(entry, 'name');
    return typeof name === 'string' ? [name] : [];
  });
}
