// The picture that QEMU takes of a screen, a portable pixmap, as PNG. Pure. Sources: netpbm's ppm(5); PNG specification,
// third edition. The guest chose size and content, so both are bounded.
import { crc32, deflateSync } from 'node:zlib';
import { Fault } from '../../base/index.ts';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** 8K; QEMU's largest mode is half of it. */
const MAX_SIDE = 8192;
const RGB = 2;
const BYTES_PER_PIXEL = 3;

interface Pixmap {
  readonly width: number;
  readonly height: number;
  /** Three bytes for each pixel, row by row. */
  readonly pixels: Buffer;
}

/** Throws `SCREENSHOT_INVALID`. */
export function pngOf(pixmap: Buffer): Buffer {
  const { width, height, pixels } = readPixmap(pixmap);
  const row = width * BYTES_PER_PIXEL;
  const lines = Buffer.alloc(height * (row + 1)); // each line begins with its filter: 0, none
  for (let y = 0; y < height; y += 1) pixels.copy(lines, y * (row + 1) + 1, y * row, (y + 1) * row);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, RGB, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** `P6`, width, height and 255, each behind white space, then one white space and the pixels. */
function readPixmap(bytes: Buffer): Pixmap {
  const head = /^P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s/.exec(bytes.toString('latin1', 0, 64));
  const [text = '', width = 0, height = 0] = [head?.[0], Number(head?.[1]), Number(head?.[2])];
  const pixels = bytes.subarray(text.length);
  const isRight =
    width > 0 &&
    height > 0 &&
    width <= MAX_SIDE &&
    height <= MAX_SIDE &&
    pixels.length === width * height * BYTES_PER_PIXEL;
  if (isRight) return { width, height, pixels };
  throw new Fault(
    'corrupt',
    'SCREENSHOT_INVALID',
    'The picture that QEMU took of the screen is no whole picture',
    {
      hint: 'Take it again; the guest may have changed its video mode at that moment.',
    },
  );
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
