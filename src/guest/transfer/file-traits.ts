// What a plain stream of bytes would lose of one file: holes and extended attributes. A file that has some goes as an
// archive of one member, by tar, where both sides' can.
import { once } from 'node:events';
import { realpath, stat } from 'node:fs/promises';
import { decodeName, parentOf } from './guest-path.ts';
import type { Act, GuestSide } from './guest-side.ts';
import type { GuestTools } from './guest-tools.ts';
import { hostBytes, parent } from './host-side.ts';
import { packMember } from './host-tar.ts';
import { answerInvalid } from './script-faults.ts';
import { asBytes } from './script-runner.ts';
import { TRAITS } from './tree-scripts.ts';

export interface FileTraits {
  /** The file itself, where the path is a link to it. */
  readonly directory: string;
  readonly name: string;
  /** Bytes that it takes on its disk. */
  readonly allocated: number;
  readonly isSparse: boolean;
  /** Attributes `user.*` or an access list. */
  readonly hasAttributes: boolean;
}

const BLOCK = 512;
/** Below this, a file system that packs small files looks as if it had holes. */
const SMALLEST_SPARSE = 64 * 1024;

/** Whether tar takes it better than a stream does, both ways. */
export function needsArchive(traits: FileTraits, tools: GuestTools): boolean {
  return tools.hasPosixTar && (traits.isSparse || (traits.hasAttributes && tools.hasXattrs));
}

/** Of a regular file of this host. */
export async function hostTraits(path: string): Promise<FileTraits> {
  const whole = decodeName(await realpath(hostBytes(path), { encoding: 'buffer' }));
  const { blocks, size } = await stat(hostBytes(whole));
  const [directory, name] = [parent(whole), whole.slice(whole.lastIndexOf('/') + 1)];
  return traitsOf({ directory, name, size, allocated: blocks * BLOCK }, await beginning(directory, name));
}

/** Of a regular file of the guest; attributes only where its tar can carry them. */
export async function guestTraits(side: GuestSide, path: string, { user, signal }: Act): Promise<FileTraits> {
  const { hasXattrs } = await side.tools();
  const words = [path, hasXattrs ? 'attributes' : ''];
  const call = { script: TRAITS, arguments: words, act: 'read', path, user, signal };
  const [real = '', numbers = '', found] = await side.runner.words(call);
  const [, size, blocks, unit] = /^(\d{1,15}) (\d{1,13}) (\d{1,5})$/.exec(numbers) ?? [];
  if (!real.startsWith('/') || size === undefined) throw answerInvalid(path, 'tells no size of it');
  const allocated = Number(blocks) * Number(unit);
  const [directory, name] = [parentOf(real), real.slice(real.lastIndexOf('/') + 1)];
  return {
    ...traitsOf({ directory, name, size: Number(size), allocated }, ''),
    hasAttributes: found === 'attributes',
  };
}

function traitsOf(
  file: {
    readonly directory: string;
    readonly name: string;
    readonly size: number;
    readonly allocated: number;
  },
  header: string,
): FileTraits {
  const { directory, name, size, allocated } = file;
  const isSparse = size >= SMALLEST_SPARSE && allocated < size;
  return {
    directory,
    name,
    allocated: Math.min(allocated, size),
    isSparse,
    hasAttributes: /SCHILY\.(?:xattr\.user|acl)\./.test(header),
  };
}

/** The first of what tar writes of a file: its properties are there, before its content. */
async function beginning(directory: string, name: string): Promise<string> {
  await using tar = packMember(directory, name);
  tar.stdout.once('error', () => undefined); // its end tells
  const [piece]: unknown[] = await Promise.race([once(tar.stdout, 'data'), tar.ended.then(() => [])]);
  return piece === undefined ? '' : asBytes(piece).toString('latin1', 0, 4096);
}
