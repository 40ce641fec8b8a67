// What the library's launch makes of user data, over an engine that only tells what it was asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LaunchOptions, Novalet } from '../../../src/app/index.ts';
import type { Compute, LaunchRequest } from '../../../src/compute/index.ts';

test('one user data goes on as bytes, several as a list with the names that they were given', async () => {
  const bytes = Uint8Array.from([0x1f, 0x8b]);
  assert.deepEqual(await asked({ userData: '#!/bin/sh é' }), Buffer.from('#!/bin/sh é'));
  assert.deepEqual(await asked({ userData: bytes }), Buffer.from(bytes));
  const several = await asked({ userData: ['a', bytes, { name: 'b.sh', content: 'b' }] });
  assert.deepEqual(several, [
    Buffer.from('a'),
    Buffer.from(bytes),
    { name: 'b.sh', bytes: Buffer.from('b') },
  ]);
  assert.equal(await asked({}), undefined);
});

async function asked(options: Omit<LaunchOptions, 'image'>): Promise<LaunchRequest['userData']> {
  const requests: LaunchRequest[] = [];
  const compute: unknown = {
    launch: async (request: LaunchRequest) => {
      requests.push(request);
      return { id: 'i', name: 'n' };
    },
  };
  await new Novalet(compute as Compute).launch({ image: 'debian', validate: false, ...options });
  assert.equal(requests[0]?.validate, false);
  return requests[0]?.userData;
}
