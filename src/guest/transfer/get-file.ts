// One file out of the guest: the same on our side. The guest's bytes go into a private temporary, and get their name at the end.
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFault } from '../../base/index.ts';
import type { GuestSource } from '../road.ts';
import type { CopyOptions, CopyReport } from './copy-options.ts';
import type { Entry } from './entries.ts';
import { baseName, temporaryName } from './guest-path.ts';
import type { GuestSide } from './guest-side.ts';
import { hostFault, onHost } from './host-faults.ts';
import {
  beside,
  hostDigest,
  hostTarget,
  openPrivate,
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

/** Streams a file's bytes to something that takes them once; verified only after they went. */
export async function getStream(
  side: GuestSide,
  path: string,
  sink: Writable,
  options: CopyOptions & { readonly keepsOpen?: boolean },
): Promise<CopyReport> {
  const { verify = true, signal, user, keepsOpen = false } = options;
  const meter = new Meter(options.onProgress);
  await using source = await side.openRead(path, { user, signal, withDigest: verify });
  meter.total = source.size;
  source.digest.catch(() => undefined); // told where it is waited for
  const check = checker(source, path, verify);
  try {
    await pipeline(source.stream, meter.through(check.see), sink, {
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
      async () => await fetchInto(side, { from, entry, temporary, to: place.path }, options),
    );
  } catch (error) {
    const fault = signal?.aborted ? cancelled(signal) : error;
    if (mark === undefined || asFault(fault).kind === 'corrupt') await removeTree(temporary);
    throw fault;
  }
}

interface Fetching {
  readonly from: string;
  readonly entry: Entry;
  readonly temporary: string;
  readonly to: string;
}

async function fetchInto(side: GuestSide, fetching: Fetching, options: CopyOptions): Promise<CopyReport> {
  const { from, entry, temporary, to } = fetching;
  const { user, signal, verify = true, preserve = true } = options;
  const offset = options.resume === true ? await partHere(side, fetching, options) : 0;
  const meter = new Meter(options.onProgress, entry.size);
  meter.done = offset;
  await using source = await side.openRead(from, { user, signal, offset, withDigest: verify });
  source.digest.catch(() => undefined); // told where it is waited for
  const check = checker(source, from, verify);
  await using file = await openPrivate(temporary, offset > 0);
  await file.truncate(offset);
  await pipeline(
    source.stream,
    meter.through(check.see),
    async (pieces: AsyncIterable<unknown>) => await writeAll(file, pieces, { offset, to }),
    { ...(signal === undefined ? {} : { signal }) },
  );
  await check.compare();
  if (!verify && meter.done < entry.size) throw corrupt(from, 'The length');
  if (options.preserveOwner === true) await file.chown(entry.uid, entry.gid);
  await file.chmod(options.mode ?? (preserve ? entry.mode & 0o777 : 0o644));
  await file.sync();
  if (preserve) await setTime(temporary, entry.mtimeNs);
  await settle(temporary, to);
  meter.files = 1;
  meter.tell();
  return reportOf({ target: to, offset, verified: verify }, meter, source);
}

async function writeAll(
  file: FileHandle,
  pieces: AsyncIterable<unknown>,
  { offset, to }: { readonly offset: number; readonly to: string },
): Promise<void> {
  let at = offset;
  for await (const piece of pieces) {
    const bytes = asBytes(piece);
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
  source: GuestSource,
): CopyReport {
  const { target, offset, verified } = about;
  const { seconds } = meter;
  return {
    target,
    bytes: meter.done - offset,
    entries: 1,
    seconds,
    via: source.via,
    verified,
    resumedAt: offset,
  };
}
