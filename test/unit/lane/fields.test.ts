import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFields, FieldsBroken, FieldWriter, TAG } from '../../../src/lane/fields.ts';
import { MAX_ORDER, MAX_PAYLOAD } from '../../../src/lane/frame.ts';

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.maxSafeNat(),
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }),
      (pid, size, groups) => {
        const writer = new FieldWriter()
          .integer(TAG.PID, pid)
          .long(TAG.SIZE, size)
          .text(TAG.HOST, 'fe80::1%é');
        for (const group of groups) writer.bytes(TAG.GROUP, Buffer.from(group));
        const [, payload] = writer.payloads();
        const fields = decodeFields(payload);
        assert.equal(payload.length, writer.length);
        assert.equal(fields.integer(TAG.PID), pid);
        assert.equal(fields.long(TAG.SIZE), size);
        assert.equal(fields.text(TAG.HOST, 255), 'fe80::1%é');
        assert.deepEqual(
          fields.all(TAG.GROUP).map((group) => group.toString('hex')),
          groups.map((group) => Buffer.from(group).toString('hex')),
        );
      },
    ),
  );
});

test('any bytes are fields or broken, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeFields(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof FieldsBroken);
      }
    }),
  );
});

test('unknown tags, repeated ones and lengths past the end are refused', () => {
  const bad = [
    '00 00000000',
    '15 00000000',
    '10 00000005 00000001',
    '10 000000',
    '10 00000004 00000001 10 00000004 00000001',
  ];
  for (const hex of bad)
    assert.throws(() => decodeFields(Buffer.from(hex.replaceAll(' ', ''), 'hex')), FieldsBroken, hex);
});

test('a value that is missing, mis-sized, too large or not plain text is refused where it is read', () => {
  const fields = decodeFields(
    new FieldWriter()
      .bytes(TAG.PID, Buffer.alloc(3))
      .bytes(TAG.SIZE, Buffer.alloc(8, 0xff))
      .text(TAG.HOST, 'a\u001b[2J')
      .bytes(TAG.WHERE, Buffer.from([0xff, 0xfe]))
      .payloads()[1],
  );
  assert.throws(() => fields.integer(TAG.PID), FieldsBroken);
  assert.throws(() => fields.integer(TAG.PORT), FieldsBroken);
  assert.throws(() => fields.long(TAG.SIZE), FieldsBroken);
  assert.throws(() => fields.text(TAG.HOST, 255), FieldsBroken);
  assert.throws(() => fields.text(TAG.WHERE, 255), FieldsBroken);
  assert.throws(() => fields.text(TAG.HOST, 2), FieldsBroken);
});

test('a writer cuts what one frame cannot carry, and knows what no order can', () => {
  for (const [length, frames] of [
    [0, 1],
    [MAX_PAYLOAD - 5, 1],
    [MAX_PAYLOAD - 4, 2],
    [3 * MAX_PAYLOAD, 4],
  ] as const) {
    const [more, last] = new FieldWriter().bytes(TAG.ARG, Buffer.alloc(length, 'x')).payloads();
    assert.equal(more.length + 1, frames);
    assert.ok([...more, last].every((payload) => payload.length <= MAX_PAYLOAD));
    assert.equal(decodeFields(Buffer.concat([...more, last])).all(TAG.ARG)[0]?.length, length);
  }
  assert.equal(new FieldWriter().bytes(TAG.ARG, Buffer.alloc(MAX_ORDER - 5)).fits, true);
  assert.equal(new FieldWriter().bytes(TAG.ARG, Buffer.alloc(MAX_ORDER - 4)).fits, false);
});
