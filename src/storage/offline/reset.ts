// Changing an account on the disk of a guest that is off. All work is done in an overlay; then the overlay is merged into
// a copy of the disk, and the copy takes the disk's name by one rename. Until that rename the disk's file is never opened
// for writing, so a failure or a kill at any moment leaves it byte for byte. Merging into the disk itself would be faster
// for large disks, but a kill in the middle would leave it torn; making the overlay the new top of the chain would
// lengthen the chain with every reset and change the format of raw disks.
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { within } from '../../base/index.ts';
import { runProgram } from '../../hostlink/index.ts';
import { checkPasswordHash, checkUserName } from '../../model/index.ts';
import { explainWriteFailure, requireSpace } from '../disk-space.ts';
import { writeOverlay } from '../qcow2-overlay.ts';
import { type QemuImageInfo, readImageInfo } from '../qemu-img.ts';
import { sweepTemporaries, sync, temporaryFor } from '../temporary.ts';
import { type AccountChange, type AccountChanged, changeAccount } from './change-account.ts';
import { guardDisk } from './disk-guard.ts';
import { mountSystem } from './find-system.ts';
import { GuestFiles } from './guest-files.ts';
import { Guestfish } from './guestfish.ts';

export interface OfflineDisk {
  /** Absolute. */
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
}

export interface OfflineProgress {
  readonly step: 'appliance' | 'inspection' | 'account' | 'disk';
  readonly phase: 'begin' | 'end';
  readonly what: string;
}

export interface OfflineOptions {
  /** `auto` when left out: KVM where it can be used. */
  readonly accelerator?: 'auto' | 'tcg' | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: OfflineProgress) => void) | undefined;
  /** For all but the copy of the disk, which may take two hours; 300 000 when left out. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 300_000;
const COPY_TIMEOUT_MS = 2 * 3600_000;

/**
 * Changes the account, or leaves the disk as it was. Throws the OFFLINE faults, `PASSWORD_INVALID`,
 * `PASSWORD_USER_INVALID`, `DISK_SPACE_EXHAUSTED`, `OFFLINE_TIMEOUT` and `CANCELLED`.
 */
export async function changeOffline(
  disk: OfflineDisk,
  change: AccountChange,
  options: OfflineOptions = {},
): Promise<AccountChanged> {
  checkUserName(change.user);
  if (change.hash !== undefined) checkPasswordHash(change.hash);
  await sweepTemporaries(dirname(disk.path));
  await using _guard = await guardDisk(disk, options.signal);
  const folder = await temporaryFor(`${disk.path}.offline`);
  await mkdir(folder, { mode: 0o700 });
  try {
    return await changeGuarded(disk, change, folder, options);
  } catch (error) {
    throw await explainWriteFailure(error, dirname(disk.path), 'the change of a disk');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function changeGuarded(
  disk: OfflineDisk,
  change: AccountChange,
  folder: string,
  options: OfflineOptions,
): Promise<AccountChanged> {
  const info = await readImageInfo(disk, { signal: options.signal });
  const overlay = join(folder, 'overlay');
  await writeOverlay(overlay, disk, info.virtualSizeBytes, options.signal);
  const changed = await editOverlay(overlay, change, folder, options);
  await step(options, 'disk', 'writing the disk', () => replaceDisk(disk, overlay, info, options.signal));
  return changed;
}

/** In the appliance. Its end is waited for here, however it comes, so that nobody writes to the overlay later. */
async function editOverlay(
  overlay: string,
  change: AccountChange,
  folder: string,
  options: OfflineOptions,
): Promise<AccountChanged> {
  const { accelerator = 'auto', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const ended = Promise.withResolvers<void>();
  const work = async (signal: AbortSignal): Promise<AccountChanged> => {
    try {
      const start = () => Guestfish.start(overlay, { accelerator, folder, signal });
      await using fish = await step(options, 'appliance', 'starting libguestfs', start);
      await step(options, 'inspection', 'looking for the system', () => mountSystem(fish));
      return await step(options, 'account', `changing ${change.user}`, async () => {
        const changed = await changeAccount(fish, new GuestFiles(fish, folder), change);
        await fish.finish();
        return changed;
      });
    } finally {
      ended.resolve();
    }
  };
  try {
    return await within(timeoutMs, 'libguestfs to change the disk', work, {
      signal: options.signal,
      code: 'OFFLINE_TIMEOUT',
      hint: 'The disk is as it was. Look whether KVM works (novalet doctor); without it libguestfs is slow.',
    });
  } catch (error) {
    await ended.promise;
    throw error;
  }
}

async function replaceDisk(
  disk: OfflineDisk,
  overlay: string,
  info: QemuImageInfo,
  signal: AbortSignal | undefined,
): Promise<void> {
  const copy = join(dirname(overlay), 'copy');
  const limits = { signal, timeoutMs: COPY_TIMEOUT_MS };
  await requireSpace(dirname(disk.path), info.actualSizeBytes, 'a copy of the disk');
  await runProgram('cp', ['--archive', '--reflink=auto', '--sparse=always', '--', disk.path, copy], limits);
  await runProgram(
    'qemu-img',
    ['rebase', '-u', '-f', 'qcow2', '-b', copy, '-F', disk.format, overlay],
    limits,
  );
  await runProgram('qemu-img', ['commit', '-q', '-d', '-f', 'qcow2', overlay], limits);
  await sync(copy);
  await rename(copy, disk.path);
  await sync(dirname(disk.path));
}

async function step<T>(
  options: OfflineOptions,
  name: OfflineProgress['step'],
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  options.onProgress?.({ step: name, phase: 'begin', what });
  const result = await work();
  options.onProgress?.({ step: name, phase: 'end', what });
  return result;
}
