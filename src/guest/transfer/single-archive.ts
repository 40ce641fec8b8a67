// One file as an archive of one member: its holes do not travel, and its attributes do. Into a private directory, from
// where the caller gives it its name.
import { mkdir } from 'node:fs/promises';
import type { CopyOptions } from './copy-options.ts';
import type { FileTraits } from './file-traits.ts';
import { unpackHere } from './get-tree.ts';
import { joined } from './guest-path.ts';
import type { GuestSide } from './guest-side.ts';
import { hostBytes } from './host-side.ts';
import { listHost } from './host-tree.ts';
import type { Meter } from './meter.ts';
import { unpackThere } from './put-tree.ts';
import { archiveRefused } from './tar-members.ts';

export interface Unpacked {
  /** The file, in the private directory. */
  readonly file: string;
  readonly verified: boolean;
}

interface Archiving {
  /** The private directory; it is made here, and removed by the caller. */
  readonly stage: string;
  /** What it will be, for a fault. */
  readonly to: string;
  readonly meter: Meter;
}

export async function sendSingle(
  side: GuestSide,
  traits: FileTraits,
  { stage, to, meter }: Archiving,
  options: CopyOptions,
): Promise<Unpacked> {
  const { directory: source, name, allocated: total } = traits;
  const tree = { source, names: [name], isFile: true, place: { path: to, is: 'new' as const }, total, stage };
  const verified = await unpackThere(side, tree, { meter, options });
  return { file: joined(joined(stage, 't'), name), verified };
}

export async function receiveSingle(
  side: GuestSide,
  { traits, announced }: { readonly traits: FileTraits; readonly announced: number },
  { stage, to, meter }: Archiving,
  options: CopyOptions,
): Promise<Unpacked> {
  const { directory: source, name } = traits;
  await mkdir(hostBytes(stage), { mode: 0o700 });
  const tree = {
    source,
    names: [name],
    isFile: true,
    content: stage,
    announced,
    place: { path: to, is: 'new' as const },
  };
  const { verified } = await unpackHere(side, tree, { meter, options });
  const [entry] = await listHost(stage);
  if (entry?.kind !== 'file' || entry.name !== name) throw archiveRefused('it does not hold the one file');
  return { file: joined(stage, name), verified };
}
