// novalet disk attach INSTANCE
import { Option } from 'commander';
import { parseBytes } from '../../../base/index.ts';
import type { DiskWish } from '../../../compute/index.ts';
import { DISK_BUSES, type DiskBus, parseIscsiUrl, parseNbdUri } from '../../../model/index.ts';
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { invalid } from '../../values.ts';
import { diskDocument } from './record.ts';

interface AttachOptions {
  readonly image?: string;
  readonly size?: number;
  readonly file?: string;
  readonly format?: 'qcow2' | 'raw';
  readonly block?: string;
  readonly nbd?: DiskWish;
  readonly iscsi?: DiskWish;
  readonly kept?: string;
  readonly cdrom?: boolean;
  readonly bus?: DiskBus;
  readonly readOnly?: boolean;
}

export const attachDisk: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .option('--image <image>', 'a copy of a stored image, of --size where it is to be larger')
    .option('--size <size>', 'an empty disk of this size: 20G', (text) => parseBytes(text, '--size'))
    .option('--file <file>', 'a file of this host, qcow2 or raw')
    .addOption(
      new Option('--format <format>', 'of the file (default: by its content)').choices(['qcow2', 'raw']),
    )
    .option('--block <device>', 'a block device of this host')
    .option('--nbd <uri>', 'nbd://HOST:PORT/EXPORT or nbd+unix:///EXPORT?socket=PATH', parseNbdUri)
    .option('--iscsi <url>', 'iscsi://HOST:PORT/TARGET/LUN', parseIscsiUrl)
    .option('--kept <id>', 'one that was detached and kept')
    .option('--cdrom', 'a CD drive, with --image or --file, or empty')
    .addOption(new Option('--bus <bus>', 'default: virtio; for CD drives what fits').choices(DISK_BUSES))
    .option('--read-only', 'the guest may not write; needed to share')
    .action(async (ref: string, options: AttachOptions) => {
      const { bus, readOnly, cdrom } = options;
      const device = cdrom === true ? ('cdrom' as const) : undefined;
      const request = { source: wishOf(options), ...defined({ device, bus, readOnly }) };
      const view = await session.act((compute, act) => compute.disks.attach(ref, request, act));
      await session.print(diskDocument(view));
    });
};

function wishOf(options: AttachOptions): DiskWish {
  const { image, size: sizeBytes, file, format, block, nbd, iscsi, kept, cdrom } = options;
  const wishes: DiskWish[] = [nbd, iscsi].filter((wish) => wish !== undefined);
  if (image !== undefined) wishes.push({ kind: 'image', image, ...defined({ sizeBytes }) });
  else if (sizeBytes !== undefined) wishes.push({ kind: 'new', sizeBytes });
  if (file !== undefined) wishes.push({ kind: 'file', path: file, ...defined({ format }) });
  if (block !== undefined) wishes.push({ kind: 'block', path: block });
  if (kept !== undefined) wishes.push({ kind: 'kept', id: kept });
  if (wishes.length === 0 && cdrom === true) return { kind: 'none' };
  const [wish, ...others] = wishes;
  if (wish !== undefined && others.length === 0) return wish;
  throw invalid(
    'One of --image, --size, --file, --block, --nbd, --iscsi, --kept and --cdrom is needed',
    'For example --size 20G, or --image debian --size 20G for a larger copy',
  );
}
