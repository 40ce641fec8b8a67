// A directory out of the guest: the guest's tar through the guard into this host's tar, in a private directory, verified,
// then renamed into its place or linked into the directory that is there.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { CopyOptions, CopyReport } from './copy-options.ts';
import { baseName, joined, meansContent, temporaryName } from './guest-path.ts';
import type { GuestSide } from './guest-side.ts';
import type { GuestTools } from './guest-tools.ts';
import { onHost } from './host-faults.ts';
import { HostRoom } from './host-room.ts';
import { beside, type HostTarget, hostBytes, hostTarget, removeTree, settle } from './host-side.ts';
import { flushHost, hostFailure, mergeHost, unpackHost, xattrOptions } from './host-tar.ts';
import { listHost } from './host-tree.ts';
import { Meter } from './meter.ts';
import { nameList } from './put-tree.ts';
import { answerInvalid, changed, corrupt, refused, statusFault } from './script-faults.ts';
import { cancelled, type ScriptEnd, watchFor } from './script-runner.ts';
import { TarGuard } from './tar-guard.ts';
import { PACK } from './tree-scripts.ts';

export interface TreeToGet {
  readonly source: string;
  /** Only these, below the source; everything when undefined. */
  readonly names?: readonly string[] | undefined;
  /** Removed here before the new ones come. */
  readonly removed?: readonly string[] | undefined;
  readonly place: HostTarget;
  /** One file, without the directory that holds it. */
  readonly isFile?: boolean;
  /** Bytes of all that comes, as the guest says; holes do not come. */
  readonly announced?: number;
}

export async function getTree(
  side: GuestSide,
  path: string,
  target: string,
  options: CopyOptions,
): Promise<CopyReport> {
  const source = await side.absolute(path, options);
  const place = await hostTarget(target, baseName(source), meansContent(path) ? 'content' : 'tree');
  return await receiveTree(side, { source, place }, options);
}

export async function receiveTree(
  side: GuestSide,
  tree: TreeToGet,
  options: CopyOptions,
): Promise<CopyReport> {
  const { signal } = options;
  const { path, is } = tree.place;
  const name = temporaryName(baseName(path));
  const stage = is === 'new' ? beside(path, name) : joined(path, name);
  const content = joined(stage, 't');
  const meter = new Meter(options.onProgress);
  try {
    return await onHost(path, async () => {
      await mkdir(hostBytes(stage), { mode: 0o700 });
      await mkdir(hostBytes(content), { mode: 0o700 });
      const { verified, entries } = await unpackHere(side, { ...tree, content }, { meter, options });
      await flushHost(content);
      for (const gone of tree.removed ?? []) await removeTree(joined(path, gone));
      if (is === 'new') await settle(content, path);
      else await mergeHost(content, path);
      await removeTree(stage);
      meter.files = entries;
      meter.total = meter.done;
      meter.tell();
      const { seconds, done: bytes } = meter;
      return { target: path, bytes, entries, seconds, via: side.road.via, verified, resumedAt: 0 };
    });
  } catch (error) {
    await removeTree(stage);
    throw signal?.aborted ? cancelled(signal) : error;
  }
}

function packOptions(tools: GuestTools): string[] {
  return tools.hasPosixTar ? ['--format=posix', '--numeric-owner', '--sparse', ...xattrOptions(tools)] : [];
}

/** Into a directory that is there. */
export async function unpackHere(
  side: GuestSide,
  tree: TreeToGet & { readonly content: string },
  { meter, options }: { readonly meter: Meter; readonly options: CopyOptions },
): Promise<{ verified: boolean; entries: number }> {
  const {
    user,
    signal,
    verify = true,
    maxBytes,
    maxEntries,
    preserveOwner: owners = false,
    preserve = true,
  } = options;
  const tools = await side.tools();
  const program = verify ? await side.digestProgram(tree.source) : undefined;
  const hash = createHash(program?.algorithm ?? 'sha256');
  const what = tree.names === undefined ? 'all' : 'names';
  const words = [
    tree.source,
    program?.program ?? '',
    what,
    tools.hasPosixTar ? 'posix' : '',
    ...packOptions(tools),
  ];
  const call = { script: PACK, arguments: words, act: 'read', path: tree.source, user, signal };
  // The guard counts what the caller allows; here the disk alone counts, where the caller said nothing.
  const room = await HostRoom.of({
    directory: tree.content,
    path: tree.source,
    ...(maxBytes === undefined ? { announced: tree.announced, allocated: 0 } : { maxBytes: Infinity }),
  });
  await using process = await side.runner.start(call, tree.names !== undefined);
  const watch = watchFor(process, signal);
  const ended = side.runner.end(process);
  ended.catch(() => undefined); // told where it is waited for
  process.stdin.on('error', () => undefined); // the script's status tells why it reads no more
  if (tree.names !== undefined)
    process.stdin.end(nameList(tree.isFile === true ? tree.names : ['.', ...tree.names]));
  await using tar = unpackHost(tree.content, tools, { owners, times: preserve });
  tar.stdout.resume();
  const guard = new TarGuard({ maxBytes, maxEntries, keepsSetId: owners });
  const see = (piece: Buffer) => void hash.update(piece);
  const broken = await pipeline(process.stdout, meter.through(see), room.through(), guard, tar.stdin).then(
    () => undefined,
    (error: unknown) => error,
  );
  watch.stop();
  if (broken !== undefined) await tellBroken(broken, tar, tree.content);
  const end = await ended;
  if (end.exitCode !== 0) throw statusFault(end.exitCode, { ...call, ...end });
  const { exitCode, complaint } = await tar.ended;
  if (exitCode !== 0)
    throw await hostFailure(tree.content, `tar could not unpack what came from the guest: ${complaint}`);
  const digest = packed(end, tree.source, tools);
  if (program !== undefined && digest !== hash.digest('hex'))
    throw corrupt(tree.source, 'The digest of the archive');
  const { length } = await listHost(tree.content);
  if (length !== guard.entries) throw corrupt(tree.source, 'The number of files');
  return { verified: program !== undefined, entries: length };
}

/** When the host's tar gave up, that is the reason and not the pipe that broke by it. */
async function tellBroken(
  broken: unknown,
  tar: Awaited<ReturnType<typeof unpackHost>>,
  directory: string,
): Promise<never> {
  if (broken instanceof Error && 'code' in broken && broken.code === 'EPIPE') {
    const { complaint } = await tar.ended;
    throw await hostFailure(directory, `tar could not unpack what came from the guest: ${complaint}`);
  }
  throw broken;
}

/** What PACK said at its end: tar's status and the stream's digest. */
function packed(end: ScriptEnd, path: string, tools: GuestTools): string {
  const match = /^(\d{1,3}) ([0-9a-f]*)\n$/.exec(end.trailer);
  if (match === null) throw answerInvalid(path, 'has no end');
  const [, status, digest = ''] = match;
  if (status === '1' && tools.hasPosixTar) throw changed(path);
  if (status !== '0') throw refused(`The guest's tar could not read all of ${path}: ${end.complaint}`);
  return digest;
}
