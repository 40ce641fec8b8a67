// What makes one directory like another: decided from two listings, before anything is done.
import type { Entry } from './entries.ts';

export interface SyncPlan {
  /** New or different, with the directories that lead to them; ancestors come first. */
  readonly sent: readonly string[];
  /** In the target and not in the source, sorted; what lies beneath one of them is not named. */
  readonly extra: readonly string[];
  /** In the way: a directory where a file shall be, or the other way round. */
  readonly replaced: readonly string[];
  /** Bytes of the files among `sent`. */
  readonly bytes: number;
  /** Names that really differ, sorted, without the directories that only lead to them. */
  readonly changed: readonly string[];
}

export interface SyncSides {
  readonly source: readonly Entry[];
  readonly target: readonly Entry[];
  /** Whether times have no part of a second on the way. */
  readonly wholeSeconds: boolean;
  /** Digests by name, where they are compared instead of times; one that is missing differs. */
  readonly digests?: {
    readonly source: ReadonlyMap<string, string>;
    readonly target: ReadonlyMap<string, string>;
  };
}

export function planSync(sides: SyncSides): SyncPlan {
  const there = new Map(sides.target.map((entry) => [entry.name, entry]));
  const here = new Map(sides.source.map((entry) => [entry.name, entry]));
  const names = new Set<string>();
  const changed: string[] = [];
  const replaced: string[] = [];
  let bytes = 0;
  for (const entry of sides.source) {
    const other = there.get(entry.name);
    if (other !== undefined && isSame(entry, other, sides)) continue;
    if (other !== undefined && (other.kind === 'directory') !== (entry.kind === 'directory'))
      replaced.push(entry.name);
    changed.push(entry.name);
    if (entry.kind === 'file') bytes += entry.size;
    for (let at = entry.name.indexOf('/'); at >= 0; at = entry.name.indexOf('/', at + 1)) {
      names.add(entry.name.slice(0, at));
    }
    names.add(entry.name);
  }
  const extra = topmost(sides.target.map(({ name }) => name).filter((name) => !here.has(name))).sort();
  // A directory comes before what is in it: a name is shorter than what lies beneath.
  const sent = [...names].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return { sent, extra, replaced: topmost(replaced), bytes, changed: changed.sort() };
}

/** Files of equal size, whose digests decide. */
export function comparable(source: readonly Entry[], target: readonly Entry[]): string[] {
  const there = new Map(target.map((entry) => [entry.name, entry]));
  return source
    .filter((entry) => {
      const other = there.get(entry.name);
      return entry.kind === 'file' && other?.kind === 'file' && other.size === entry.size;
    })
    .map(({ name }) => name);
}

function isSame(entry: Entry, other: Entry, { wholeSeconds, digests }: SyncSides): boolean {
  if (entry.kind !== other.kind) return false;
  if (entry.kind === 'link') return entry.target === other.target;
  if (entry.mode !== other.mode) return false;
  if (entry.kind !== 'file') return true;
  if (entry.size !== other.size) return false;
  if (digests !== undefined) {
    const digest = digests.source.get(entry.name);
    return digest !== undefined && digest === digests.target.get(entry.name);
  }
  const unit = wholeSeconds ? 1_000_000_000n : 1n;
  return entry.mtimeNs / unit === other.mtimeNs / unit;
}

/** Without those that lie beneath others of them. */
function topmost(names: readonly string[]): string[] {
  const all = new Set(names);
  return names.filter((name) => {
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      if (all.has(name.slice(0, at))) return false;
    }
    return true;
  });
}
