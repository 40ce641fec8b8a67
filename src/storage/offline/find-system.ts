// Which operating system is on a disk, found by libguestfs's inspection, and its filesystems mounted in the appliance.

import { encrypted, noSystem, severalSystems, unsupportedSystem, windowsDisk } from './faults.ts';
import type { Guestfish } from './guestfish.ts';

const MOST_MOUNTS = 32;
const MOST_DEVICES = 64;
const LOCKED = new Set(['crypto_LUKS', 'BitLocker']);

/**
 * Finds the one Linux system and mounts it. Throws `OFFLINE_NO_SYSTEM`, `OFFLINE_ENCRYPTED`, `OFFLINE_SEVERAL_SYSTEMS`,
 * `OFFLINE_WINDOWS` or `OFFLINE_SYSTEM_UNSUPPORTED`.
 */
export async function mountSystem(fish: Guestfish): Promise<void> {
  const roots = linesOf(await fish.run('inspect-os'));
  const [root] = roots;
  if (root === undefined) {
    throw (await holdsEncrypted(fish)) ? encrypted() : noSystem();
  }
  if (roots.length > 1) throw severalSystems(roots.length);
  const type = (await fish.run('inspect-get-type', root)).trim();
  if (type === 'windows') throw windowsDisk();
  if (type !== 'linux') throw unsupportedSystem('it is not Linux');
  const mounts = linesOf(await fish.run('inspect-get-mountpoints', root)).map(readMount);
  if (mounts.length > MOST_MOUNTS) throw unsupportedSystem(`it has more than ${MOST_MOUNTS} filesystems`);
  const ordered = mounts.sort((a, b) => a.point.length - b.point.length);
  if (ordered[0]?.point !== '/') throw unsupportedSystem('its root filesystem is not known');
  for (const { point, device } of ordered) {
    if (point === '/') await fish.run('mount', device, point);
    else await fish.attempt('mount', device, point); // what is missing then shows where it is needed
  }
  if (!(await fish.is('is-dir', '/etc'))) throw unsupportedSystem('it has no directory /etc');
}

/** Among devices, not filesystems: libguestfs counts what is locked as none. */
async function holdsEncrypted(fish: Guestfish): Promise<boolean> {
  const devices = linesOf(await fish.run('list-devices'));
  devices.push(...linesOf(await fish.run('list-partitions')), ...linesOf(await fish.attempt('lvs')));
  for (const device of devices.slice(0, MOST_DEVICES)) {
    if (LOCKED.has((await fish.attempt('vfs-type', device)).trim())) return true;
  }
  return false;
}

interface Mount {
  readonly point: string;
  readonly device: string;
}

/** `/boot: /dev/sda2`; a mount point may hold anything, a device no colon and space. */
function readMount(line: string): Mount {
  const at = line.lastIndexOf(': ');
  return { point: line.slice(0, Math.max(at, 0)), device: line.slice(at + 2) };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
