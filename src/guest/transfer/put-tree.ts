// A directory into the guest: one tar stream into a private directory beside its place, verified, then renamed into it,
// or linked into the directory that is there.
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { CopyOptions, CopyReport } from './copy-options.ts';
import { encodeName, joined, meansContent, meansDirectory, parentOf, temporaryName } from './guest-path.ts';
import type { GuestSide } from './guest-side.ts';
import type { GuestTools } from './guest-tools.ts';
import { hostChanged } from './host-faults.ts';
import { hostFailure, packHost, xattrOptions } from './host-tar.ts';
import { listHost } from './host-tree.ts';
import { Meter } from './meter.ts';
import { ownerWord } from './owner-word.ts';
import { answerInvalid, corrupt, statusFault } from './script-faults.ts';
import { cancelled, splitNames, watchFor } from './script-runner.ts';
import { TARGET } from './scripts.ts';
import { OWN, REMOVE_NAMES, SETTLE, UNPACK } from './tree-scripts.ts';

/** What goes into the guest, and where. */
export interface TreeToPut {
  readonly source: string;
  /** What is sent, below the source. */
  readonly names: readonly string[];
  /** That is all there is. */
  readonly isWhole?: boolean;
  /** One file, without the directory that holds it. */
  readonly isFile?: boolean;
  /** Removed from the target before the new ones come. */
  readonly removed?: readonly string[] | undefined;
  readonly place: TreePlace;
  /** Bytes, as far as they are known before. */
  readonly total: number;
}

export interface TreePlace {
  readonly path: string;
  readonly is: 'new' | 'tree';
}

/** cp -r: SRC becomes the target, or goes into the directory that the target is; `SRC/.` means its content. */
export async function putTree(
  side: GuestSide,
  source: { readonly path: string; readonly name: string },
  target: string,
  options: CopyOptions,
): Promise<CopyReport> {
  const place = await guestTreePlace(
    side,
    { name: source.name, target, content: meansContent(source.path) },
    options,
  );
  const entries = await listHost(source.path);
  const total = entries.reduce((sum, { kind, size }) => sum + 512 + (kind === 'file' ? size : 0), 0);
  return await sendTree(
    side,
    { source: source.path, names: entries.map(({ name }) => name), isWhole: true, place, total },
    options,
  );
}

export async function guestTreePlace(
  side: GuestSide,
  about: { readonly name: string; readonly target: string; readonly content: boolean },
  { user, signal }: CopyOptions,
): Promise<TreePlace> {
  const { name, target, content } = about;
  const path = await side.absolute(target, { user });
  const words = [path, name, meansDirectory(target) ? 'directory' : '', content ? 'content' : 'tree'];
  const call = { script: TARGET, arguments: words, act: 'write', path, user, signal };
  const [found = '', is = ''] = await side.runner.words(call);
  if (!found.startsWith('/') || (is !== 'new' && is !== 'tree')) throw answerInvalid(path, 'is no path');
  return { path: found, is };
}

/** Packs here, unpacks there, compares, and puts it in place. */
export async function sendTree(side: GuestSide, tree: TreeToPut, options: CopyOptions): Promise<CopyReport> {
  const { user, signal } = options;
  const { place } = tree;
  const beneath = place.is === 'new' ? parentOf(place.path) : place.path;
  const stage = joined(beneath, temporaryName(place.path.slice(place.path.lastIndexOf('/') + 1)));
  const about = { path: place.path, act: 'write', user, signal };
  const meter = new Meter(options.onProgress, tree.total);
  try {
    const verified = await unpackThere(side, { ...tree, stage }, { meter, options });
    if (options.owner !== undefined) {
      await side.runner.run({ ...about, script: OWN, arguments: [stage, ownerWord(options.owner)] });
    }
    if (tree.removed !== undefined && tree.removed.length > 0)
      await removeThere(side, place.path, tree.removed, options);
    await side.runner.run({
      ...about,
      signal: undefined,
      script: SETTLE,
      arguments: [stage, place.path, place.is],
    });
    meter.files = tree.names.length;
    meter.total = meter.done;
    meter.tell();
    const { seconds, done: bytes } = meter;
    const { via } = side.road;
    return { target: place.path, bytes, entries: tree.names.length, seconds, via, verified, resumedAt: 0 };
  } catch (error) {
    const fault = signal?.aborted ? cancelled(signal) : error;
    await side.sweep([stage], fault, user);
    throw fault;
  }
}

export async function removeThere(
  side: GuestSide,
  directory: string,
  names: readonly string[],
  { user, signal }: CopyOptions,
): Promise<void> {
  const input = nameList(names);
  const call = {
    script: REMOVE_NAMES,
    arguments: [directory],
    act: 'remove',
    path: directory,
    user,
    signal,
    input,
  };
  await side.runner.run(call);
}

/** Names below a directory for a program's standard input. */
export function nameList(names: readonly string[]): Buffer {
  return Buffer.concat(names.flatMap((name) => [encodeName(`./${name}`), Buffer.of(0)]));
}

/** How the guest's tar is to unpack. */
function unpackOptions(tools: GuestTools, options: CopyOptions): string[] {
  const owner = options.preserveOwner === true ? ['--numeric-owner'] : ['-o'];
  const times = options.preserve === false ? ['-m'] : [];
  return [
    ...owner,
    ...times,
    ...(tools.hasPosixTar ? ['-p', '--delay-directory-restore', ...xattrOptions(tools)] : []),
  ];
}

/** Into a private directory that is made; true when the digests were compared and are the same. */
export async function unpackThere(
  side: GuestSide,
  tree: TreeToPut & { readonly stage: string },
  { meter, options }: { readonly meter: Meter; readonly options: CopyOptions },
): Promise<boolean> {
  const { user, signal, verify = true } = options;
  const tools = await side.tools();
  const program = verify ? await side.digestProgram(tree.place.path) : undefined;
  const hash = createHash(program?.algorithm ?? 'sha256');
  const words = [tree.stage, program?.program ?? '', ...unpackOptions(tools, options)];
  const call = { script: UNPACK, arguments: words, act: 'write', path: tree.place.path, user, signal };
  const names = tree.isWhole === true ? undefined : tree.isFile === true ? tree.names : ['.', ...tree.names];
  await using tar = packHost(tree.source, tools, names !== undefined);
  await using process = await side.runner.start(call, true);
  const watch = watchFor(process, signal);
  const ended = side.runner.end(process);
  ended.catch(() => undefined); // told where it is waited for
  const answer = process.stdout.toArray();
  answer.catch(() => undefined); // a stream that breaks is told by the one that goes in
  tar.stdin.on('error', () => undefined); // tar's end tells why it reads no more
  tar.stdin.end(names === undefined ? undefined : nameList(names));
  const broken = await pipeline(
    tar.stdout,
    meter.through((piece) => void hash.update(piece)),
    process.stdin,
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  watch.stop();
  if (signal?.aborted) throw cancelled(signal);
  // A script that gave up says why by its status; a road that broke has none.
  const { exitCode, status, complaint } = await ended;
  if (exitCode !== 0 && exitCode !== null) throw statusFault(exitCode, { ...call, status, complaint });
  if (broken !== undefined) throw broken;
  const { exitCode: tarCode, complaint: why } = await tar.ended;
  if (tarCode === 1) throw hostChanged(tree.source);
  if (tarCode !== 0) throw await hostFailure(tree.source, `tar could not read all of ${tree.source}: ${why}`);
  const [count = '', digest = ''] = splitNames(Buffer.concat(await answer), tree.place.path);
  if (program !== undefined && digest !== hash.digest('hex'))
    throw corrupt(tree.place.path, 'The digest of the archive');
  if (Number(count) !== tree.names.length + 1)
    throw corrupt(tree.place.path, `The number of files (${count} there, ${tree.names.length + 1} here)`);
  return program !== undefined;
}
