import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { cutTo, decodeStatus } from '../../../src/guest/exec-result.ts';
import { AGENT_CAPTURE_BYTES, Reply } from '../../../src/guest/index.ts';

function decode(value: unknown) {
  return decodeStatus(new Reply('the agent of t', 'guest-exec-status', value));
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a running command has no result', () => {
  assert.equal(decode({ exited: false }), undefined);
});

test('an exit code and a signal are told apart', () => {
  assert.equal(decode({ exited: true, exitcode: 137 })?.exitCode, 137);
  const killed = decode({ exited: true, signal: 9 });
  assert.equal(killed?.exitCode, null);
  assert.equal(killed?.signal, 'SIGKILL');
  assert.equal(decode({ exited: true, signal: 200 })?.signal, 'SIG200');
});

test('output is decoded, and its absence is emptiness', () => {
  const result = decode({ exited: true, exitcode: 0, 'out-data': base64('hi\n') });
  assert.equal(result?.stdout.toString(), 'hi\n');
  assert.equal(result?.stderr.length, 0);
});

test("a stream at the agent's own limit is truncated, whatever the flag says", () => {
  const full = Buffer.alloc(AGENT_CAPTURE_BYTES, 'x').toString('base64');
  const result = decode({
    exited: true,
    exitcode: 0,
    'out-data': full,
    'out-truncated': false,
    'err-data': base64('e'),
  });
  assert.equal(result?.stdoutTruncated, true);
  assert.equal(result?.stderrTruncated, false);
});

test('what goes beyond the limit that was asked for is cut and said so', () => {
  const whole = decode({ exited: true, exitcode: 0, 'out-data': base64('abcd'), 'err-data': base64('abc') });
  assert.ok(whole);
  const result = cutTo(3, whole);
  assert.equal(result.stdout.toString(), 'abc');
  assert.equal(result.stdoutTruncated, true);
  assert.equal(result.stderrTruncated, false);
});

test('lies are refused by name', () => {
  const lies: [unknown, RegExp][] = [
    [{}, /exited is not a boolean/],
    [{ exited: true }, /neither exitcode nor signal/],
    [{ exited: true, exitcode: 2 ** 40 }, /exitcode is not between/],
    [{ exited: true, exitcode: Number.POSITIVE_INFINITY }, /exitcode is not an integer/],
    [{ exited: true, signal: -1 }, /signal is not between/],
    [{ exited: true, exitcode: 0, 'out-data': '!!' }, /out-data is not base64/],
    [{ exited: true, exitcode: 0, 'err-data': 7 }, /err-data is not a string/],
    [[], /is not an object/],
  ];
  for (const [value, pattern] of lies) {
    assert.throws(
      () => decode(value),
      (error) => isFault(error, 'AGENT_REPLY_INVALID') && pattern.test(error.message),
    );
  }
});
