// Where the frames of a zstd file begin and end. Node unpacks one frame and no more, and pzstd writes many.
// Rules: RFC 8878, section 3.1.

import { Fault } from '../../base/index.ts';
import { type ByteSource, withFileSource } from '../inspection/index.ts';

export interface ByteRange {
  readonly start: number;
  /** The first byte after it. */
  readonly end: number;
}

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_BYTES: readonly number[] = [0, 1, 2, 4];
const RLE = 1;
const RESERVED = 3;

/** The data frames of the zstd file at `path`, in order. Throws `ZSTD_DAMAGED` where it is cut or followed by something else. */
export async function zstdFrames(path: string): Promise<readonly ByteRange[]> {
  return await withFileSource(path, async (source) => {
    const frames: ByteRange[] = [];
    let at = 0;
    while (at < source.sizeBytes) {
      const magic = (await take(source, at, 4)).readUInt32LE(0);
      if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
        at += 8 + (await take(source, at + 4, 4)).readUInt32LE(0);
      } else if (magic === FRAME) {
        const end = await frameEnd(source, at);
        frames.push({ start: at, end });
        at = end;
      } else {
        throw damaged(at);
      }
    }
    if (at !== source.sizeBytes) throw damaged(at);
    return frames;
  });
}

async function frameEnd(source: ByteSource, start: number): Promise<number> {
  const descriptor = (await take(source, start + 4, 1)).readUInt8(0);
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? Number(singleSegment) : 2 ** sizeFlag;
  let at = start + 5 + Number(!singleSegment) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  for (let last = false; !last; ) {
    const block = (await take(source, at, 3)).readUIntLE(0, 3);
    const type = (block >> 1) & 3;
    if (type === RESERVED) throw damaged(at);
    last = (block & 1) === 1;
    at += 3 + (type === RLE ? 1 : block >> 3);
  }
  const end = at + ((descriptor & 4) === 0 ? 0 : 4);
  if (end > source.sizeBytes) throw damaged(end);
  return end;
}

async function take(source: ByteSource, offset: number, length: number): Promise<Buffer> {
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) throw damaged(offset);
  return bytes;
}

function damaged(at: number): Fault {
  return new Fault('corrupt', 'ZSTD_DAMAGED', `The zstd data break at byte ${at}`, {
    hint: 'Fetch the file again.',
  });
}
