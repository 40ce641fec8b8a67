import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Line, LineSplitter } from '../../../src/qapi/index.ts';

const DELIMITER = Buffer.from([0xff]);

function feed(bytes: Buffer, sizes: readonly number[], limit = 1000): string[] {
  const splitter = new LineSplitter(limit);
  const lines: Line[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    lines.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return lines.map(shown);
}

function shown(line: Line): string {
  return line.kind === 'too-large'
    ? '<too large>'
    : `${line.afterDelimiter ? '^' : ''}${line.bytes.toString()}`;
}

test('lines come out the same however the bytes were cut', () => {
  const alphabet = fc.constantFrom(0x61, 0x62, 0x0a, 0xff);
  const bytes = fc.array(alphabet, { maxLength: 60 }).map((codes) => Buffer.from(codes));
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(bytes, sizes, fc.integer({ min: 0, max: 12 }), (all, cuts, limit) => {
      // How early a line is found too long depends on the cut only where a 0xFF comes later in that line.
      const isWithin = all
        .toString('latin1')
        .split(/[\n\u00ff]/)
        .every((piece) => piece.length <= limit);
      if (isWithin) assert.deepEqual(feed(all, cuts, limit), feed(all, [all.length || 1], limit));
    }),
    { numRuns: 2000 },
  );
});

test('of several 0xFF the last one counts, and what stood before it is gone', () => {
  const bytes = Buffer.concat([
    Buffer.from('half a li'),
    DELIMITER,
    Buffer.from('x'),
    DELIMITER,
    Buffer.from('{}\n{}\n'),
  ]);
  assert.deepEqual(feed(bytes, [bytes.length]), ['^{}', '{}']);
  assert.deepEqual(feed(bytes, [1]), ['^{}', '{}']);
});

test('a line beyond the limit is named once, skipped to its end, and the next one is whole', () => {
  const bytes = Buffer.from(`${'x'.repeat(50)}\nshort\n`);
  assert.deepEqual(feed(bytes, [7], 10), ['<too large>', 'short']);
});

test('a 0xFF ends the skipping of a line that has no end', () => {
  const bytes = Buffer.concat([Buffer.from('x'.repeat(50)), DELIMITER, Buffer.from('ok\n')]);
  assert.deepEqual(feed(bytes, [7], 10), ['<too large>', '^ok']);
});

test('a line of 100 MB is held only up to the limit', () => {
  const splitter = new LineSplitter(1024 * 1024);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let tooLarge = 0;
  let most = 0;
  for (let sent = 0; sent < 100_000_000; sent += chunk.length) {
    tooLarge += splitter.push(chunk).length;
    most = Math.max(most, splitter.pendingBytes);
  }
  assert.equal(tooLarge, 1);
  assert.ok(most <= 1024 * 1024);
  assert.equal(splitter.pendingBytes, 0);
});

test('empty lines are left out', () => {
  assert.deepEqual(feed(Buffer.from('\n\na\n\n'), [5]), ['a']);
});
