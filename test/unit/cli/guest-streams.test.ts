import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { fed, orFailing } from '../../../src/cli/guest-streams.ts';

/** A stream as process.stdin is one, as far as it is used. */
function anInput(): NodeJS.ReadStream {
  const stream: unknown = new PassThrough();
  return stream as NodeJS.ReadStream;
}

test('input that cannot be read is a failure, not the end of the input', async () => {
  const from = anInput();
  const to = new PassThrough();
  const input = fed(from, to);
  const work = orFailing(new Promise<void>(() => undefined), input);
  from.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
  await assert.rejects(work, { code: 'FILE_UNREADABLE', message: /EIO/ });
  assert.equal(to.writableEnded, false);
  input.stop();
});

test('a program that takes no more ends the copying, and nothing else', async () => {
  const from = anInput();
  const to = new PassThrough();
  const input = fed(from, to);
  to.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await once(from, 'close');
  assert.equal(await orFailing(Promise.resolve('ended'), input), 'ended');
});
