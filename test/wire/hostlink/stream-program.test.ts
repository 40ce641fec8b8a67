import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamProgram } from '../../../src/hostlink/index.ts';

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

test('output comes through whole, whatever its bytes', async () => {
  const output = await collect(streamProgram('head', ['-c', '3000000', '/dev/zero']));
  assert.equal(output.length, 3_000_000);
});

test('another status than 0 is PROGRAM_FAILED after the output', async () => {
  const seen: string[] = [];
  await assert.rejects(
    async () => {
      for await (const chunk of streamProgram('sh', ['-c', 'echo out; echo why >&2; exit 3']))
        seen.push(chunk.toString());
    },
    { code: 'PROGRAM_FAILED', exitCode: 3, message: /status 3: why$/ },
  );
  assert.deepEqual(seen, ['out\n']);
});

test('a program that is not installed is PROGRAM_MISSING', async () => {
  await assert.rejects(collect(streamProgram('no-such-program-here', [])), { code: 'PROGRAM_MISSING' });
});

test('who stops listening early ends the program', async () => {
  let count = 0;
  for await (const chunk of streamProgram('yes', [])) {
    count += chunk.length;
    if (count > 100_000) break;
  }
  assert.ok(count > 100_000);
});

test('cancelling ends the program and is told as such', async () => {
  const stop = new AbortController();
  await assert.rejects(
    async () => {
      for await (const _ of streamProgram('yes', [], stop.signal)) stop.abort();
    },
    { code: 'CANCELLED' },
  );
});
