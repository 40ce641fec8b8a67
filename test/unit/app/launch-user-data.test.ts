// What the library's launch makes of user data and of wishes, over an engine that only tells what it was asked.
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

test('what a guest shall be like goes on as it is, with the contents of its files as bytes', async () => {
  const guest = { user: 'bob', packages: ['nginx'], growRoot: false };
  assert.deepEqual((await requested({ guest })).guest, guest);
  const writeFiles = [
    { path: '/etc/motd', content: 'Grüße\n', permissions: '0600' },
    { path: '/a', content: Uint8Array.from([0xff]) },
  ];
  assert.deepEqual((await requested({ guest: { writeFiles } })).guest, {
    writeFiles: [
      { path: '/etc/motd', content: Buffer.from('Grüße\n'), permissions: '0600' },
      { path: '/a', content: Buffer.from([0xff]) },
    ],
  });
});

test('files to be injected may be given as text', async () => {
  const files = [{ path: '/etc/motd', content: 'Grüße' }];
  assert.deepEqual((await requested({ files })).files, [
    { path: '/etc/motd', content: Buffer.from('Grüße') },
  ]);
});

async function asked(options: Omit<LaunchOptions, 'image'>): Promise<LaunchRequest['userData']> {
  return (await requested(options)).userData;
}

async function requested(options: Omit<LaunchOptions, 'image'>): Promise<LaunchRequest> {
  const requests: LaunchRequest[] = [];
  const compute: unknown = {
    launch: async (request: LaunchRequest) => {
      requests.push(request);
      return { id: 'i', name: 'n' };
    },
  };
  await new Novalet(compute as Compute).launch({ image: 'debian', validate: false, ...options });
  const [request] = requests;
  assert.ok(request !== undefined);
  assert.equal(request.validate, false);
  return request;
}
