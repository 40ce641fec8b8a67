// What of this host, or of a server, may become a disk of a guest: looked at before QEMU is, and held to who has it already.
import { constants as fsConstants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { isAbsolute, resolve, sep } from 'node:path';
import { errnoCode, Fault, within } from '../../base/index.ts';
import { lookAtIscsi } from '../../host/index.ts';
import { type NetworkServer, serverWords, type VolumeSource } from '../../model/index.ts';
import { diskFormatOf, inspectImage, openFault, requireSafeImage } from '../../storage/index.ts';
import type { Tools } from '../tools.ts';
import type { DiskWish } from './disk-requests.ts';

/** How long a server may take to accept a connection: QEMU, which stands still meanwhile, waits for minutes. */
const SERVER_TIMEOUT_MS = 5000;

type FileWish = Extract<DiskWish, { kind: 'file' }>;

/**
 * A file, by its real path, in the format that it is in. Throws `FILE_MISSING`, `FILE_DENIED`, `FILE_NOT_REGULAR`,
 * `DISK_FILE_RESERVED`, and what `requireSafeImage` throws: a backing file, a data file and encryption among it.
 */
export async function fileSource(
  tools: Tools,
  wish: FileWish,
): Promise<Extract<VolumeSource, { kind: 'file' }>> {
  const path = await realFile(tools, wish.path);
  // As it is, whatever its content looks like: what a guest wrote into its disk chooses no format.
  const inspection = await inspectImage(path);
  if (wish.format === 'raw') return { kind: 'file', path, format: 'raw' };
  const found = diskFormatOf(inspection.format);
  const isQcow2 = wish.format === 'qcow2' || found === 'qcow2';
  if (!isQcow2 && found !== 'raw' && found !== 'iso' && inspection.format !== null)
    throw notTaken(path, found);
  requireSafeImage(inspection, isQcow2 ? 'qcow2' : found === 'iso' ? 'iso' : 'raw', path);
  return { kind: 'file', path, format: isQcow2 ? 'qcow2' : 'raw' };
}

/** An ISO file, by its real path. Throws as `fileSource` does. */
export async function isoFile(tools: Tools, given: string): Promise<Extract<VolumeSource, { kind: 'file' }>> {
  const path = await realFile(tools, given);
  requireSafeImage(await inspectImage(path), 'iso', path);
  return { kind: 'file', path, format: 'raw' };
}

/** A block device that nothing on the host uses. Throws `FILE_MISSING`, `FILE_DENIED`, `NOT_A_BLOCK_DEVICE`, `BLOCK_DEVICE_BUSY`. */
export async function blockSource(given: string): Promise<Extract<VolumeSource, { kind: 'block' }>> {
  const path = resolve(given);
  try {
    const facts = await stat(path);
    if (!facts.isBlockDevice()) {
      throw new Fault('invalid', 'NOT_A_BLOCK_DEVICE', `${path} is no block device`, {
        hint: 'A file is attached with --file.',
      });
    }
    // The kernel refuses this for what it has mounted, swaps to, or made part of another device.
    const device = await open(path, fsConstants.O_RDONLY | fsConstants.O_EXCL);
    await device.close();
  } catch (error) {
    throw explained(path, error);
  }
  return { kind: 'block', path };
}

/** Throws `ISCSI_DRIVER_MISSING`; QEMU would only say that it knows no such protocol. */
export function requireIscsiDriver(): void {
  if (lookAtIscsi() !== 'missing') return;
  throw new Fault('unsupported', 'ISCSI_DRIVER_MISSING', 'QEMU has no iSCSI initiator on this host', {
    hint: 'apt install qemu-block-extra',
  });
}

/** Connects and hangs up. Throws `DISK_SERVER_UNREACHABLE`. */
export async function requireServer(server: NetworkServer): Promise<void> {
  const place = serverWords(server);
  try {
    await within(SERVER_TIMEOUT_MS, place, (signal) => connected(server, signal));
  } catch (error) {
    throw new Fault('unavailable', 'DISK_SERVER_UNREACHABLE', `Nothing takes connections at ${place}`, {
      cause: error,
      hint: 'See whether the server runs, and whether the address and the port are right.',
    });
  }
}

async function connected(server: NetworkServer, signal: AbortSignal): Promise<void> {
  const socket = createConnection('socket' in server ? { path: server.socket } : { ...server });
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  socket.once('connect', done);
  socket.once('error', reject);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}

/** What lies under the state directory belongs to novalet, and to an instance already. */
async function realFile(tools: Tools, given: string): Promise<string> {
  const path = resolve(given);
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    throw explained(path, error);
  }
  const state = await realpath(tools.paths.stateDir);
  if (!isAbsolute(real) || real.startsWith(state + sep)) {
    throw new Fault('denied', 'DISK_FILE_RESERVED', `${real} belongs to novalet itself`, {
      hint: "An instance's own disk that was detached comes back with --kept; a stored image is attached as a copy with --image.",
    });
  }
  if (/\p{Cc}/u.test(real)) {
    throw new Fault('invalid', 'PATH_NOT_USABLE', `A disk cannot be at a path with control characters`, {
      hint: 'Rename the file.',
    });
  }
  return real;
}

function notTaken(path: string, format: string | null): Fault {
  return new Fault(
    'unsupported',
    'DISK_FILE_FORMAT',
    `${path} is ${format ?? 'in a format'} that no guest writes to`,
    {
      hint: 'Convert it first: qemu-img convert -O qcow2 OLD NEW; or store it and attach a copy: novalet image add',
    },
  );
}

function explained(path: string, error: unknown): unknown {
  if (errnoCode(error) !== 'EBUSY') return openFault(path, error);
  return new Fault('conflict', 'BLOCK_DEVICE_BUSY', `${path} is in use on this host`, {
    cause: error,
    hint: `See by what: lsblk ${path}. Unmount it, or take it out of what it is part of.`,
  });
}
