import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import { Reply } from '../../../src/guest/index.ts';

function reply(value: unknown): Reply {
  return new Reply('the agent of t', 'guest-exec', value);
}

function complaint(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(isFault(error, 'AGENT_REPLY_INVALID'));
    return error.message;
  }
  throw new Error('nothing was thrown');
}

test('a bad value names its path', () => {
  assert.match(
    complaint(() => reply({ pid: 'x' }).member('pid').integer(1, 9)),
    /guest-exec\.pid is not an integer$/,
  );
  assert.match(
    complaint(() =>
      reply([{ name: 1 }])
        .list(2)[0]
        ?.member('name')
        .text(9),
    ),
    /guest-exec\[0\]\.name is not a string$/,
  );
  assert.match(
    complaint(() => reply(7).member('pid')),
    /guest-exec is not an object$/,
  );
  assert.match(
    complaint(() => reply({}).member('pid').integer(1, 9)),
    /guest-exec\.pid is not an integer$/,
  );
});

test('numbers that JSON or the guest stretch are refused', () => {
  for (const text of ['1e999', '-1', '1.5', '9007199254740993', '10']) {
    complaint(() => reply(JSON.parse(text)).integer(1, 9));
  }
  assert.equal(reply(9).integer(1, 9), 9);
});

test('long lists and texts are refused', () => {
  assert.match(
    complaint(() => reply([1, 2, 3]).list(2)),
    /more than 2/,
  );
  assert.match(
    complaint(() => reply('abc').text(2)),
    /longer than 2/,
  );
});

test('inherited members are not there', () => {
  assert.equal(reply({}).member('constructor').value, undefined);
});

test('base64 comes back as its bytes, and anything else is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      assert.deepEqual(reply(text).base64(100), Buffer.from(bytes));
    }),
  );
  for (const text of ['a', 'ab', 'abc', 'ab-_', 'ab c', '****', 'YQ=', '=', 'YQ==YQ==']) {
    assert.match(
      complaint(() => reply(text).base64(100)),
      /is not base64$/,
      text,
    );
  }
  assert.match(
    complaint(() => reply('YWJj').base64(2)),
    /more than 2 bytes/,
  );
});
