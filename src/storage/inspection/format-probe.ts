// What every format's inspector gives: whether the bytes carry its mark, and what they say about themselves.
import { Fault } from '../../base/index.ts';
import type { ByteSource } from './byte-source.ts';

/** A format found by content. `gpt` stands for a partitioned disk, with a GPT or with an MBR alone. */
export type DetectedFormat =
  | 'raw'
  | 'qcow2'
  | 'vhd'
  | 'vhdx'
  | 'vmdk'
  | 'vdi'
  | 'qed'
  | 'iso'
  | 'gpt'
  | 'luks';

/** One reason why an image must not be used. */
export interface ImageFinding {
  readonly code:
    | 'IMAGE_HAS_BACKING_FILE'
    | 'IMAGE_HAS_DATA_FILE'
    | 'IMAGE_ENCRYPTED'
    | 'IMAGE_UNSAFE'
    | 'IMAGE_CORRUPT';
  /** Completes the sentence "<image> …". */
  readonly message: string;
}

export interface FormatFacts {
  /** Bytes of the disk that a guest would see; 0 where the header does not tell. */
  readonly virtualSizeBytes: number;
  readonly findings: readonly ImageFinding[];
}

/** The parts of a file in which formats put their marks. */
export interface FileEnds {
  readonly sizeBytes: number;
  /** The first 36 KiB, or all there is. */
  readonly head: Buffer;
  /** The last 512 bytes, or all there is. */
  readonly tail: Buffer;
}

export interface FormatProbe {
  readonly format: DetectedFormat;
  matches(ends: FileEnds): boolean;
  /** Called only where `matches` said yes. Throws nothing but `IMAGE_CORRUPT`. */
  read(source: ByteSource, ends: FileEnds): Promise<FormatFacts>;
}

export const HEAD_BYTES = 36 * 1024;
export const SECTOR = 512;

/** Exactly `length` bytes at `offset`, or `IMAGE_CORRUPT`. */
export async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Buffer> {
  const inside = Number.isSafeInteger(offset) && offset >= 0 && offset + length <= source.sizeBytes;
  const bytes = inside ? await source.read(offset, length) : Buffer.alloc(0);
  if (bytes.length !== length) throw corrupt(`has its ${what} outside the file`);
  return bytes;
}

/** A 64-bit number as a JavaScript one, or `IMAGE_CORRUPT` where it is absurdly large. */
export function sane(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(`claims an impossible ${what}`);
  return Number(value);
}

/** `message` completes the sentence "<image> …". */
export function corrupt(message: string): Fault {
  return new Fault('corrupt', 'IMAGE_CORRUPT', message);
}
