// One file into the guest: a private temporary beside its place, filled and verified, then given its name by one rename.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFault } from '../../base/index.ts';
import type { Digest } from '../road.ts';
import type { CopyOptions, CopyReport } from './copy-options.ts';
import { type FileTraits, hostTraits, needsArchive } from './file-traits.ts';
import { joined, meansDirectory, parentOf, temporaryName } from './guest-path.ts';
import type { GuestSide } from './guest-side.ts';
import { hostChanged, hostFault, hostRefused, onHost } from './host-faults.ts';
import { hostBytes, hostDigest, secondsText } from './host-side.ts';
import { Meter } from './meter.ts';
import { OurDigest } from './our-digest.ts';
import { ownerWord } from './owner-word.ts';
import { answerInvalid, corrupt } from './script-faults.ts';
import { cancelled } from './script-runner.ts';
import { FINISH, SWEEP, SWEEP_PARTS, TARGET } from './scripts.ts';
import { sendBlocks } from './send-blocks.ts';
import { sendSingle, type Unpacked } from './single-archive.ts';

/** What is copied: bytes that can be read from anywhere, or once. */
export interface PutSource {
  /** Its name where the target is a directory; '' for none. */
  readonly name: string;
  readonly open: (offset: number) => Readable;
  readonly size?: number;
  readonly mode?: number;
  readonly mtimeNs?: bigint;
  /** Only for what can be read again. */
  readonly again?: {
    /** Of this host. */
    readonly path: string;
    /** Path, size and time: another one is another source. */
    readonly identity: string;
    readonly digest: (bytes: number, algorithm: Digest['algorithm']) => Promise<string>;
    /** Throws when it is not what it was. */
    readonly check: () => Promise<void>;
  };
}

export interface PutOptions extends CopyOptions {
  /** The version that must still be in place, as IDENTITY says it. */
  readonly expected?: string | undefined;
  /** There must be nothing in place. */
  readonly isNew?: boolean | undefined;
  /** A file that is replaced gives its owner on, where root does it. */
  readonly keepsOwner?: boolean | undefined;
}

interface OddSource {
  readonly path: string;
  readonly traits: FileTraits;
  readonly byTar: boolean;
}

/** What is at a target, as TARGET says it. */
interface Target {
  readonly path: string;
  readonly mode: number | undefined;
  readonly owner: string | undefined;
}

/** A regular file of this host. */
export async function hostSource(path: string, name: string): Promise<PutSource> {
  return await onHost(path, async () => {
    const found = await stat(hostBytes(path), { bigint: true });
    if (found.isDirectory()) throw hostRefused(`${path} is a directory on this host`, 'Copy it with -r.');
    if (!found.isFile())
      throw hostRefused(`${path} is no regular file on this host`, 'Give its content on stdin: -');
    const size = Number(found.size);
    return {
      name,
      open: (offset) => createReadStream(hostBytes(path), { start: offset, highWaterMark: 256 * 1024 }),
      size,
      mode: Number(found.mode) & 0o7777,
      mtimeNs: found.mtimeNs,
      again: {
        path,
        identity: `${found.dev} ${found.ino} ${size} ${found.mtimeNs} ${path}`,
        digest: (bytes, algorithm) => hostDigest(path, algorithm, bytes),
        check: async () => {
          const now = await stat(hostBytes(path), { bigint: true });
          if (now.size !== found.size || now.mtimeNs !== found.mtimeNs) throw hostChanged(path);
        },
      },
    };
  });
}

export async function putFile(
  side: GuestSide,
  source: PutSource,
  target: string,
  options: PutOptions,
): Promise<CopyReport> {
  const { user, signal, verify = true, resume = false } = options;
  const place = await findTarget(side, source.name, target, options);
  const directory = parentOf(place.path);
  const name = place.path.slice(place.path.lastIndexOf('/') + 1);
  const mark = resume && source.again !== undefined ? `part-${short(source.again.identity)}` : undefined;
  const temporary = joined(directory, temporaryName(name, mark));
  const meter = new Meter(options.onProgress, source.size);
  try {
    const odd = resume ? undefined : await oddSource(side, source, options);
    const offset = mark === undefined ? 0 : await partThere(side, temporary, source, options);
    meter.done = offset;
    const { file, verified } =
      odd === undefined
        ? {
            file: temporary,
            verified: await fill(side, source, { temporary, offset, meter, verify }, options),
          }
        : await sendOdd(side, odd, { temporary, to: place.path, meter }, options);
    await source.again?.check();
    await finish(side, source, { temporary: file, place }, options);
    if (file !== temporary) await sweepAll(side, [temporary], user);
    if (mark !== undefined) await sweepParts(side, directory, temporaryName(name, 'part-'), user);
    meter.files = 1;
    meter.tell();
    const { seconds } = meter;
    const { via } = side.road;
    const bytes = meter.done - offset;
    return { target: place.path, bytes, entries: 1, seconds, via, verified, resumedAt: offset };
  } catch (error) {
    const fault = signal?.aborted ? cancelled(signal) : error;
    if (mark === undefined || asFault(fault).kind === 'corrupt') await side.sweep([temporary], fault, user);
    throw fault;
  }
}

/** A file of this host of which a stream would lose something that the guest can take; else undefined. */
async function oddSource(
  side: GuestSide,
  { again }: PutSource,
  { preserve = true, verify = true }: PutOptions,
): Promise<OddSource | undefined> {
  if (again === undefined || !preserve) return undefined;
  const { path } = again;
  const traits = await onHost(path, async () => await hostTraits(path));
  if (!traits.isSparse && !traits.hasAttributes) return undefined;
  const tools = await side.tools();
  if (verify && tools.digest === undefined) return undefined;
  const byTar = needsArchive(traits, tools);
  return byTar || traits.isSparse ? { path, traits, byTar } : undefined;
}

async function sendOdd(
  side: GuestSide,
  { path, traits, byTar }: OddSource,
  where: { readonly temporary: string; readonly to: string; readonly meter: Meter },
  options: PutOptions,
): Promise<Unpacked> {
  const { temporary, to, meter } = where;
  const { verify = true, user, signal } = options;
  if (byTar) return await sendSingle(side, traits, { stage: temporary, to, meter }, options);
  meter.total = traits.allocated;
  return {
    file: temporary,
    verified: await sendBlocks(side, { path, temporary, meter, verify, user, signal }),
  };
}

async function findTarget(
  side: GuestSide,
  name: string,
  target: string,
  options: PutOptions,
): Promise<Target> {
  const { user, signal } = options;
  const path = await side.absolute(target, options);
  const words = [path, name, meansDirectory(target) ? 'directory' : '', ''];
  const call = { script: TARGET, arguments: words, act: 'write', path, user, signal };
  const [found = '', kind, mode = '', uid = '', gid = ''] = await side.runner.words(call);
  if (!found.startsWith('/')) throw answerInvalid(path, 'is no path');
  if (kind !== 'file') return { path: found, mode: undefined, owner: undefined };
  if (!/^[0-7]{1,4}$/.test(mode) || !/^\d{1,10}$/.test(uid) || !/^\d{1,10}$/.test(gid)) {
    throw answerInvalid(path, 'holds something that is no number');
  }
  return { path: found, mode: Number.parseInt(mode, 8), owner: `${uid}:${gid}` };
}

/** How much of the source is there already, left by a cut; anything else under that name is removed. */
async function partThere(
  side: GuestSide,
  temporary: string,
  source: PutSource,
  { user, signal }: PutOptions,
): Promise<number> {
  const found = await side.statIfThere(temporary, { user, signal, follows: false });
  if (found === undefined) return 0;
  const { uid } = await side.self(user);
  // In a directory of others somebody may have laid it there.
  const isOurs = found.kind === 'file' && found.uid === uid && (found.mode & 0o7077) === 0;
  if (isOurs && found.size > 0 && found.size <= (source.size ?? 0)) {
    const { algorithm } = await side.digestProgram(temporary);
    const theirs = await side.digestOf(temporary, algorithm, { user, signal });
    if (theirs.hex === (await source.again?.digest(found.size, algorithm))) return found.size;
  }
  await side.sweep([temporary], new Error('A part that a cut left is not used'), user);
  return 0;
}

interface Filling {
  readonly temporary: string;
  readonly offset: number;
  readonly meter: Meter;
  readonly verify: boolean;
}

/** Writes the source from the offset on; true when both digests were compared and are the same. */
async function fill(side: GuestSide, source: PutSource, filling: Filling, act: PutOptions): Promise<boolean> {
  const { temporary, offset, meter, verify } = filling;
  const { user, signal } = act;
  await using sink = await side.openWrite(temporary, { user, signal, offset, withDigest: verify });
  sink.finished.catch(() => undefined); // the stream's own end tells it first
  const ours = new OurDigest(sink.via, temporary);
  const counted = meter.through(verify ? ours.update : undefined);
  const body = source.open(offset);
  let trouble: unknown;
  body.once('error', (error) => {
    // A failure further on destroys the body with the same error; that one is not its own.
    if (sink.stream.errored === null && counted.errored === null)
      trouble = hostFault(error, source.name || 'the input');
  });
  try {
    await pipeline(body, counted, sink.stream, { ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    throw trouble ?? error;
  }
  const { bytes, digest } = await sink.finished;
  if (bytes !== meter.done - offset) throw corrupt(temporary, 'The length');
  if (!verify) return false;
  if (digest === undefined || !ours.matches(digest)) throw corrupt(temporary, 'The digest');
  return true;
}

async function finish(
  side: GuestSide,
  source: PutSource,
  where: { readonly temporary: string; readonly place: Target },
  options: PutOptions,
): Promise<void> {
  const { user, preserve = true, owner, expected = '', isNew = false, keepsOwner = false } = options;
  const { temporary, place } = where;
  const kept = preserve ? source.mode : undefined;
  const mode = options.mode ?? kept ?? place.mode ?? 0o644;
  const inherited = keepsOwner && user === undefined ? place.owner : undefined;
  const time = preserve && source.mtimeNs !== undefined ? secondsText(source.mtimeNs) : '';
  await side.runner.run({
    script: FINISH,
    arguments: [
      temporary,
      place.path,
      mode.toString(8),
      ownerWord(owner ?? inherited),
      time,
      expected,
      isNew ? 'new' : '',
    ],
    act: 'write',
    path: place.path,
    user,
  });
}

async function sweepParts(
  side: GuestSide,
  directory: string,
  prefix: string,
  user: string | undefined,
): Promise<void> {
  const words = [directory, prefix];
  await side.runner.run({ script: SWEEP_PARTS, arguments: words, act: 'remove', path: directory, user });
}

async function sweepAll(side: GuestSide, paths: readonly string[], user: string | undefined): Promise<void> {
  const [path = ''] = paths;
  await side.runner.run({ script: SWEEP, arguments: paths, act: 'remove', path, user });
}

/** Names a source in a file name. */
export function short(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}
