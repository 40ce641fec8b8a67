// `disks:` and `shares:` of an instance. Whether this host has what they name is looked at by the engine.
import { resolve } from 'node:path';
import { defined, GIB, isFault, MIB } from '../../base/index.ts';
import type { DiskWish, ShareRequest, WantedDisk } from '../../compute/index.ts';
import { DISK_BUSES, parseIscsiUrl, parseNbdUri, SHARE_DRIVERS } from '../../model/index.ts';
import {
  aBody,
  aByteSize,
  aMap,
  aSwitch,
  aText,
  aTextLike,
  type Body,
  oneWordOf,
  type Reads,
  requireKey,
} from './readers.ts';

/** A server's address, in the form that `words` show. */
function aServer<T extends DiskWish>(parse: (text: string) => T, words: string): Reads<T> {
  return (tree, at) => {
    const text = aText(tree, at);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (isFault(error, 'OPTION_INVALID')) return at.refuse(`is not written as ${words}`); // it may hold a password
      throw error;
    }
  };
}

export const diskFields = {
  image: aText,
  size: aByteSize(GIB, 'GiB', MIB),
  file: aText,
  format: oneWordOf('qcow2', 'raw'),
  block: aText,
  nbd: aServer(parseNbdUri, 'nbd://HOST:PORT/EXPORT or nbd+unix:///EXPORT?socket=/PATH'),
  iscsi: aServer(parseIscsiUrl, 'iscsi://HOST:PORT/TARGET/LUN'),
  kept: aTextLike(/^[0-9a-f-]{4,36}$/, 'is not the id of a disk, or its beginning'),
  cdrom: aSwitch,
  bus: oneWordOf(...DISK_BUSES),
  read_only: aSwitch,
};

type DiskBody = Body<typeof diskFields>;

const diskBody = aBody(diskFields);

/** A path is still as it is written. */
type Unplaced = Omit<WantedDisk, 'name'>;

const aDisk: Reads<Unplaced> = (tree, at) => {
  const body = diskBody(tree, at);
  if (body === undefined) return undefined;
  const { cdrom, format, file, bus, read_only: readOnly } = body;
  if (format !== undefined && file === undefined) return at.refuse('has format without file');
  const source = sourceOf(body);
  if (source === undefined) {
    const isWrong = tree.kind === 'map' && tree.entries.some(({ key }) => isLost(body, key));
    return isWrong ? undefined : at.refuse(`needs one of ${SOURCES.join(', ')} and cdrom`);
  }
  const device = cdrom === undefined ? undefined : cdrom ? ('cdrom' as const) : ('disk' as const);
  return { source, ...defined({ device, bus, readOnly }) };
};

/** One alone, but for the size of an image's copy; nothing but `cdrom` is an empty drive. */
function sourceOf(body: DiskBody): DiskWish | undefined {
  const { image, size: sizeBytes, file, format, block, nbd, iscsi, kept, cdrom } = body;
  const wishes: DiskWish[] = [nbd, iscsi].filter((wish) => wish !== undefined);
  if (image !== undefined) wishes.push({ kind: 'image', image, ...defined({ sizeBytes }) });
  else if (sizeBytes !== undefined) wishes.push({ kind: 'new', sizeBytes });
  if (file !== undefined) wishes.push({ kind: 'file', path: file, ...defined({ format }) });
  if (block !== undefined) wishes.push({ kind: 'block', path: block });
  if (kept !== undefined) wishes.push({ kind: 'kept', id: kept });
  const [wish, ...others] = wishes;
  if (wish === undefined && cdrom === true) return { kind: 'none' };
  return others.length === 0 ? wish : undefined;
}

const SOURCES = ['image', 'size', 'file', 'block', 'nbd', 'iscsi', 'kept'] as const;

/** Given, and refused already. */
function isLost(body: DiskBody, key: string): boolean {
  return SOURCES.some((source) => source === key && body[source] === undefined);
}

const namedDisks = aMap(aDisk);

export const diskEntries: Reads<readonly (readonly [string, Unplaced])[]> = (tree, at) => {
  for (const { key, line } of tree.kind === 'map' ? tree.entries : []) {
    const isName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(key);
    if (!isName) at.member(key, line).refuse('is no name for a disk: letters, digits, dots and dashes');
  }
  return namedDisks(tree, at);
};

export function disksOf(
  disks: readonly (readonly [string, Unplaced])[] | undefined,
  directory: string,
): readonly WantedDisk[] | undefined {
  return disks?.map(([name, { source, ...disk }]) => ({ name, source: placed(source, directory), ...disk }));
}

function placed(source: DiskWish, directory: string): DiskWish {
  const isPath = source.kind === 'file' || source.kind === 'block';
  return isPath ? { ...source, path: resolve(directory, source.path) } : source;
}

export const shareFields = {
  tag: aText,
  path: aText,
  driver: oneWordOf(...SHARE_DRIVERS),
  read_only: aSwitch,
};

const shareBody = aBody(shareFields);

export const aShare: Reads<ShareRequest> = (tree, at) => {
  const body = shareBody(tree, at);
  if (body === undefined) return undefined;
  const { tag, path, driver, read_only: readOnly } = body;
  if (path === undefined) return requireKey(tree, at, 'path', ', the folder of this host');
  if (tag === undefined) return requireKey(tree, at, 'tag', ', by which the guest mounts it');
  return { tag, path, ...defined({ driver, readOnly }) };
};

export function sharesOf(
  shares: readonly ShareRequest[] | undefined,
  directory: string,
): readonly ShareRequest[] | undefined {
  return shares?.map((share) => ({ ...share, path: resolve(directory, share.path) }));
}
