// Makes one directory like another, over the road: both are listed, and only what differs goes over, in one archive.
import { stat } from 'node:fs/promises';
import type { Digest } from '../road.ts';
import type { CopyOptions, CopyReport } from './copy-options.ts';
import type { Entry } from './entries.ts';
import { receiveTree } from './get-tree.ts';
import { encodeName, meansDirectory } from './guest-path.ts';
import type { GuestSide } from './guest-side.ts';
import { hostRefused, onHost } from './host-faults.ts';
import { hostBytes, hostTarget, removeTree } from './host-side.ts';
import { digestsHost, listHost } from './host-tree.ts';
import { guestTreePlace, nameList, removeThere, sendTree } from './put-tree.ts';
import { answerInvalid, refused } from './script-faults.ts';
import { DIGESTS } from './scripts.ts';
import { comparable, planSync, type SyncPlan } from './sync-plan.ts';

export type SyncDirection = 'in' | 'out';

export interface SyncOptions extends Omit<CopyOptions, 'mode' | 'resume' | 'recursive'> {
  /** Removes from the target what the source does not have. */
  readonly delete?: boolean | undefined;
  /** Compares contents, where it would compare sizes and times. */
  readonly checksum?: boolean | undefined;
  /** Only finds out. */
  readonly dryRun?: boolean | undefined;
}

export interface SyncReport {
  readonly plan: SyncPlan;
  /** Undefined when nothing had to be sent, or with dryRun. */
  readonly copy: CopyReport | undefined;
  readonly deleted: number;
}

const MOST_DIGESTS = 256 * 1024 * 1024;

/** A directory of this host into the guest: the target becomes the source's likeness. */
export async function syncIn(
  side: GuestSide,
  source: string,
  target: string,
  options: SyncOptions,
): Promise<SyncReport> {
  const found = await onHost(source, async () => await stat(hostBytes(source)));
  if (!found.isDirectory())
    throw hostRefused(`${source} is no directory on this host`, 'Copy files with cp.');
  const place = await guestTreePlace(side, { name: '', target: bare(target), content: true }, options);
  const [here, there] = [
    await listHost(source),
    place.is === 'new' ? [] : await listGuest(side, place.path, options),
  ];
  const digests = await compared(
    side,
    { host: source, guest: place.path, source: here, target: there },
    options,
    'in',
  );
  const { hasPosixTar } = await side.tools();
  const plan = planSync({ source: here, target: there, wholeSeconds: !hasPosixTar, ...digests });
  if (options.dryRun === true) return { plan, copy: undefined, deleted: 0 };
  const extra = options.delete === true ? plan.extra : [];
  const removed = [...plan.replaced, ...extra];
  if (plan.sent.length === 0 && place.is === 'tree') {
    if (removed.length > 0) await removeThere(side, place.path, removed, options);
    return { plan, copy: undefined, deleted: extra.length };
  }
  const total = plan.bytes + 512 * plan.sent.length;
  const tree = { source, names: plan.sent, removed, place, total };
  return { plan, copy: await sendTree(side, tree, options), deleted: extra.length };
}

/** A directory of the guest onto this host. */
export async function syncOut(
  side: GuestSide,
  source: string,
  target: string,
  options: SyncOptions,
): Promise<SyncReport> {
  const from = await side.absolute(source, options);
  const place = await hostTarget(bare(target), '', 'content');
  const [there, here] = [
    await listGuest(side, from, options),
    place.is === 'new' ? [] : await listHost(place.path),
  ];
  const wanted = there.filter(({ kind }) => kind !== 'socket');
  const digests = await compared(
    side,
    { host: place.path, guest: from, source: wanted, target: here },
    options,
    'out',
  );
  // Set-id bits are not taken from a guest, so they make no difference.
  const source7 =
    options.preserveOwner === true ? wanted : wanted.map((entry) => ({ ...entry, mode: entry.mode & 0o777 }));
  const { hasPosixTar } = await side.tools();
  const plan = planSync({ source: source7, target: here, wholeSeconds: !hasPosixTar, ...digests });
  if (options.dryRun === true) return { plan, copy: undefined, deleted: 0 };
  const extra = options.delete === true ? plan.extra : [];
  const removed = [...plan.replaced, ...extra];
  if (plan.sent.length === 0 && place.is === 'tree') {
    for (const name of removed) await onHost(name, async () => await removeTree(`${place.path}/${name}`));
    return { plan, copy: undefined, deleted: extra.length };
  }
  const copy = await receiveTree(side, { source: from, names: plan.sent, removed, place }, options);
  return { plan, copy, deleted: extra.length };
}

function bare(target: string): string {
  return meansDirectory(target) ? target.replace(/(.)\/+$/, '$1') : target;
}

async function listGuest(side: GuestSide, path: string, { user, signal }: SyncOptions): Promise<Entry[]> {
  const entry = await side.stat(path, { user, signal, follows: true });
  if (entry.kind !== 'directory') throw refused(`${path} is no directory in the guest`);
  return await side.list(path, { user, signal, least: 1, most: undefined, links: '-H' });
}

interface Compared {
  readonly host: string;
  readonly guest: string;
  readonly source: readonly Entry[];
  readonly target: readonly Entry[];
}

async function compared(side: GuestSide, about: Compared, options: SyncOptions, direction: SyncDirection) {
  if (options.checksum !== true) return {};
  const names = comparable(about.source, about.target);
  const { program, algorithm } = await side.digestProgram(about.guest);
  const host = await digestsHost(about.host, names, algorithm);
  const guest = await digestsGuest(side, about.guest, { names, program, algorithm }, options);
  return { digests: direction === 'in' ? { source: host, target: guest } : { source: guest, target: host } };
}

/** One line a file, in the order of the names; coreutils marks and escapes names with line feeds and backslashes. */
async function digestsGuest(
  side: GuestSide,
  directory: string,
  what: {
    readonly names: readonly string[];
    readonly program: string;
    readonly algorithm: Digest['algorithm'];
  },
  { user, signal }: SyncOptions,
): Promise<Map<string, string>> {
  const { names, program, algorithm } = what;
  const digests = new Map<string, string>();
  if (names.length === 0) return digests;
  const answer = await side.runner.run({
    script: DIGESTS,
    arguments: [directory, program],
    act: 'read',
    path: directory,
    user,
    signal,
    input: nameList(names),
    maxBytes: MOST_DIGESTS,
  });
  const text = answer.toString('latin1');
  const length = algorithm === 'sha256' ? 64 : 128;
  let at = 0;
  for (const name of names) {
    const raw = `./${encodeName(name).toString('latin1')}`;
    const escaped = raw.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
    const isMarked = text[at] === '\\';
    const hex = text.slice(at + (isMarked ? 1 : 0), at + (isMarked ? 1 : 0) + length);
    const line = `${isMarked ? '\\' : ''}${hex}  ${isMarked ? escaped : raw}\n`;
    if (!/^[0-9a-f]+$/.test(hex) || !text.startsWith(line, at))
      throw answerInvalid(directory, 'is no list of digests');
    digests.set(name, hex);
    at += line.length;
  }
  return digests;
}
