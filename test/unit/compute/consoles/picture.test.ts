import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import { pngOf } from '../../../../src/compute/consoles/picture.ts';

function pixmap(width: number, height: number, pixels: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
}

test('a picture keeps its size and its pixels', () => {
  const pixels = Buffer.from(Array.from({ length: 3 * 2 * 3 }, (_unused, at) => at * 13));
  const png = pngOf(pixmap(3, 2, pixels));
  assert.equal(png.subarray(0, 8).toString('hex'), '89504e470d0a1a0a');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(body));
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += 12 + length;
  }
  assert.deepEqual([...chunks.keys()], ['IHDR', 'IDAT', 'IEND']);
  assert.equal(chunks.get('IHDR')?.toString('hex'), '00000003000000020802000000');
  const lines = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const row = 3 * 3 + 1;
  assert.deepEqual([lines[0], lines[row]], [0, 0]);
  assert.deepEqual(Buffer.concat([lines.subarray(1, row), lines.subarray(row + 1)]), pixels);
});

test('what is no whole picture is refused: cut, too long, of no size, of a huge one, another format', () => {
  const bad = [
    pixmap(2, 2, Buffer.alloc(11)),
    pixmap(2, 2, Buffer.alloc(13)),
    pixmap(0, 2, Buffer.alloc(0)),
    pixmap(99_999, 1, Buffer.alloc(299_997)),
    Buffer.from('P5\n1 1\n255\n0'),
    Buffer.alloc(0),
  ];
  for (const bytes of bad) assert.throws(() => pngOf(bytes), { code: 'SCREENSHOT_INVALID' });
});
