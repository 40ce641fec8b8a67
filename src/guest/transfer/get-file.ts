// One file out of the guest: the same on our side. The guest's bytes go into a private temporary, and get their name at the end.
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFault, type Fault } from '../../base/index.ts';
import type { GuestSource, Via } from '../road.ts';
import type { CopyOptions, CopyReport } from './copy-options.ts';
import type { Entry } from './entries.ts';
import { type FileTraits, guestTraits, needsArchive } from './file-traits.ts';
import { baseName, temporaryName } from './guest-path.ts';
import type { GuestSide } from './guest-side.ts';
import { hostFault, onHost } from './host-faults.ts';
import { HostRoom } from './host-room.ts';
import {
  beside,
  hostDigest,
  hostTarget,
  openPrivate,
  parent,
  removeTree,
  setTime,
  settle,
  sizeOfPart,
} from './host-side.ts';
import { Meter } from './meter.ts';
import { OurDigest } from './our-digest.ts';
import { short } from './put-file.ts';
import { corrupt, refused } from './script-faults.ts';
import { asBytes, cancelled } from './script-runner.ts';
import { receiveSingle } from './single-archive.ts';

/** Streams a file's bytes to something that takes them once; verified only after they went. */
export async function getStream(
  side: GuestSide,
  path: string,
  sink: Writable,
  options: CopyOptions & { readonly keepsOpen?: boolean },
): Promise<CopyReport> {
  const { verify = true, signal, user, keepsOpen = false, maxBytes } = options;
  const meter = new Meter(options.onProgress);
  await using source = await side.openRead(path, { user, signal, withDigest: verify });
  meter.total = source.size;
  source.digest.catch(() => undefined); // told where it is waited for
  const check = checker(source, path, verify);
  // Where it goes to is nobody's disk as far as is known here: only the caller's own limit counts.
  const room = await HostRoom.of({ directory: '/', path, maxBytes: maxBytes ?? Infinity });
  try {
    await pipeline(source.stream, meter.through(check.see), room.through(), sink, {
      end: !keepsOpen,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw signal?.aborted ? cancelled(signal) : error;
  }
  await check.compare();
  meter.tell();
  return reportOf({ target: '-', offset: 0, verified: verify }, meter, source);
}

export async function getFile(
  side: GuestSide,
  path: string,
  target: string,
  options: CopyOptions,
): Promise<CopyReport> {
  const { user, signal, resume = false } = options;
  const from = await side.absolute(path, options);
  const entry = await side.stat(from, { user, signal, follows: true });
  if (entry.kind === 'directory') throw refused(`${from} is a directory in the guest: copy it with -r`);
  if (entry.kind !== 'file') throw refused(`${from} is no regular file in the guest`);
  const place = await hostTarget(target, baseName(from), 'file');
  if (place.is === 'stream') return await toDevice(side, from, place.path, options);
  const mark = resume ? `part-${short(`${from} ${entry.size} ${entry.mtimeNs}`)}` : undefined;
  const temporary = beside(place.path, temporaryName(baseName(place.path), mark));
  try {
    return await onHost(
      place.path,
      async () => await fetchFile(side, { from, entry, temporary, to: place.path }, options),
    );
  } catch (error) {
    const fault = signal?.aborted ? cancelled(signal) : error;
    if (mark === undefined || isUseless(asFault(fault))) await removeTree(temporary);
    throw fault;
  }
}

interface Fetching {
  readonly from: string;
  readonly entry: Entry;
  readonly temporary: string;
  readonly to: string;
}

/** A part that is not gone on with. */
function isUseless({ kind, code }: Fault): boolean {
  return kind === 'corrupt' || code === 'TRANSFER_TOO_LARGE';
}

async function fetchFile(side: GuestSide, fetching: Fetching, options: CopyOptions): Promise<CopyReport> {
  const { from } = fetching;
  const { resume = false, preserve = true, verify = true } = options;
  const traits = preserve ? await guestTraits(side, from, options) : undefined;
  const tools = await side.tools();
  const isArchived =
    !resume && traits !== undefined && needsArchive(traits, tools) && (!verify || tools.digest !== undefined);
  return isArchived
    ? await fetchArchived(side, { ...fetching, traits }, options)
    : await fetchInto(side, { ...fetching, traits }, options);
}

async function fetchArchived(
  side: GuestSide,
  fetching: Fetching & { readonly traits: FileTraits },
  options: CopyOptions,
): Promise<CopyReport> {
  const { temporary: stage, to, traits, entry } = fetching;
  const meter = new Meter(options.onProgress, traits.allocated);
  const { file: path, verified } = await receiveSingle(
    side,
    { traits, announced: entry.size },
    { stage, to, meter },
    options,
  );
  await using file = await openPrivate(path, true);
  await finishFile(file, { path, to, entry }, options);
  await removeTree(stage);
  meter.files = 1;
  meter.total = meter.done;
  meter.tell();
  return reportOf({ target: to, offset: 0, verified }, meter, side.road);
}

async function fetchInto(
  side: GuestSide,
  fetching: Fetching & { readonly traits: FileTraits | undefined },
  options: CopyOptions,
): Promise<CopyReport> {
  const { from, entry, temporary, to, traits } = fetching;
  const { user, signal, verify = true, maxBytes } = options;
  const offset = options.resume === true ? await partHere(side, fetching, options) : 0;
  const meter = new Meter(options.onProgress, entry.size);
  meter.done = offset;
  const room = await HostRoom.of({
    directory: parent(to),
    path: from,
    announced: entry.size - offset,
    allocated: traits?.isSparse === true ? 0 : entry.size - offset,
    maxBytes,
  });
  await using source = await side.openRead(from, { user, signal, offset, withDigest: verify });
  source.digest.catch(() => undefined); // told where it is waited for
  const check = checker(source, from, verify);
  await using file = await openPrivate(temporary, offset > 0);
  await file.truncate(offset);
  await pipeline(
    source.stream,
    meter.through(check.see),
    room.through(),
    async (pieces: AsyncIterable<unknown>) =>
      await writeAll(file, pieces, { offset, to, keepsHoles: traits?.isSparse === true }),
    { ...(signal === undefined ? {} : { signal }) },
  );
  await check.compare();
  if (!verify && meter.done < entry.size) throw corrupt(from, 'The length');
  await finishFile(file, { path: temporary, to, entry }, options);
  meter.files = 1;
  meter.tell();
  return reportOf({ target: to, offset, verified: verify }, meter, source);
}

/** Owner, permissions, the disk, the time; then the name. */
async function finishFile(
  file: FileHandle,
  { path, to, entry }: { readonly path: string; readonly to: string; readonly entry: Entry },
  { preserve = true, preserveOwner = false, mode }: CopyOptions,
): Promise<void> {
  if (preserveOwner) await file.chown(entry.uid, entry.gid);
  await file.chmod(mode ?? (preserve ? entry.mode & 0o777 : 0o644));
  await file.sync();
  if (preserve) await setTime(path, entry.mtimeNs);
  await settle(path, to);
}

/** Of a file with holes, a piece that is all zeros is none to be written. */
async function writeAll(
  file: FileHandle,
  pieces: AsyncIterable<unknown>,
  { offset, to, keepsHoles }: { readonly offset: number; readonly to: string; readonly keepsHoles: boolean },
): Promise<void> {
  let at = offset;
  for await (const piece of pieces) {
    const bytes = asBytes(piece);
    if (keepsHoles && isZero(bytes)) {
      at += bytes.length;
      continue;
    }
    for (let done = 0; done < bytes.length; ) {
      try {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      } catch (error) {
        throw hostFault(error, to);
      }
    }
  }
  if (keepsHoles) await file.truncate(at);
}

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1));
}

/** How much of the file is here already; a part that is not its beginning is removed. */
async function partHere(
  side: GuestSide,
  { from, entry, temporary }: Fetching,
  act: CopyOptions,
): Promise<number> {
  const { user, signal } = act;
  const size = await sizeOfPart(temporary);
  if (size === undefined) return 0;
  if (size > 0 && size <= entry.size) {
    const { algorithm } = await side.digestProgram(from);
    const theirs = await side.digestOf(from, algorithm, { user, signal, bytes: size });
    if (theirs.hex === (await hostDigest(temporary, algorithm, size))) return size;
  }
  await removeTree(temporary);
  return 0;
}

/** Compares what came with what the guest says that it sent. */
function checker(source: GuestSource, path: string, verify: boolean) {
  const ours = new OurDigest(source.via, path);
  return {
    see: verify ? ours.update : undefined,
    compare: async () => {
      if (verify && !ours.matches(await source.digest)) throw corrupt(path, 'The digest');
    },
  };
}

/** A pipe or a device of this host: written into, not replaced. */
async function toDevice(
  side: GuestSide,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<CopyReport> {
  const { createWriteStream } = await import('node:fs');
  return await onHost(
    to,
    async () => await getStream(side, from, createWriteStream(to, { flags: 'r+' }), options),
  );
}

function reportOf(
  about: { readonly target: string; readonly offset: number; readonly verified: boolean },
  meter: Meter,
  { via }: { readonly via: Via },
): CopyReport {
  const { target, offset, verified } = about;
  const { seconds } = meter;
  return {
    target,
    bytes: meter.done - offset,
    entries: 1,
    seconds,
    via,
    verified,
    resumedAt: offset,
  };
}
