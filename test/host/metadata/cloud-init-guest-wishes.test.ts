// What wishes come to in cloud-init's own modules: users, files, the script of commands, and every odd value as it was.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Secret } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import {
  composeUserData,
  type GuestWishes,
  guestConfig,
  parsePublicKey,
  type UserDataFile,
} from '../../../src/metadata/index.ts';
import { oddText } from '../../unit/metadata/cloud-config/odd-text.ts';
import { ED25519_KEY } from '../../unit/metadata/sample.ts';
import { withScratch } from '../storage/scratch.ts';
import { readByCloudInit, withoutCloudInit } from './cloud-init.ts';

const skip = withoutCloudInit;
const DEBIAN = { image: 'debian', isWindows: false };
const HASH = new Secret(`$6$saltsaltsaltsalt$${'a'.repeat(86)}`);
const KEYS = [parsePublicKey('laptop', ED25519_KEY)];
const IMAGE_USER = {
  name: 'debian',
  lock_passwd: true,
  shell: '/bin/bash',
  sudo: ['ALL=(ALL) NOPASSWD:ALL'],
};

/** As the guest would have it, after the user's own cloud-config where there is one. */
async function merged(wishes: GuestWishes, own?: string): Promise<Record<string, unknown>> {
  const config = guestConfig(wishes, { keys: KEYS, passwordHash: HASH }, DEBIAN);
  const mine: UserDataFile[] = own === undefined ? [] : [{ name: 'mine', bytes: Buffer.from(own) }];
  const files = [...mine, ...(config?.files(mine.length > 0) ?? [])];
  const bytes = Buffer.from(composeUserData(files, true).data.reveal()).toString('base64');
  return await withScratch(async (scratch) => {
    const [read] = await readByCloudInit({ do: 'cloud-config', bytes, scratch });
    return Object(read);
  });
}

async function users(config: Record<string, unknown>): Promise<Record<string, Record<string, unknown>>> {
  const [read] = await readByCloudInit({ do: 'users', config, default_user: IMAGE_USER });
  return Object(read);
}

test('a user is made beside the one of the image, who stays the default', { skip }, async () => {
  const made = await users(await merged({ user: 'bob' }));
  assert.deepEqual(Object.keys(made).toSorted(), ['bob', 'debian']);
  assert.equal(made['debian']?.['default'], true);
  assert.deepEqual(made['bob'], {
    sudo: 'ALL=(ALL) NOPASSWD:ALL',
    shell: '/bin/bash',
    lock_passwd: false,
    hashed_passwd: HASH.reveal(),
    ssh_authorized_keys: [ED25519_KEY],
    default: false,
  });
});

test('of a user whom both name, what the user data say holds, and the rest comes from the option', {
  skip,
}, async () => {
  const own = '#cloud-config\nusers: [default, {name: bob, shell: /bin/zsh, groups: [docker]}]\n';
  const made = await users(await merged({ user: 'bob' }, own));
  assert.deepEqual(Object.keys(made).toSorted(), ['bob', 'debian']);
  assert.partialDeepStrictEqual(made['bob'], {
    shell: '/bin/zsh',
    groups: ['docker'],
    hashed_passwd: HASH.reveal(),
    ssh_authorized_keys: [ED25519_KEY],
  });
});

test('who names the user of the image gives that one the keys, and makes nobody else', { skip }, async () => {
  const made = await users(await merged({ user: 'debian' }));
  assert.deepEqual(Object.keys(made), ['debian']);
  assert.partialDeepStrictEqual(made['debian'], {
    default: true,
    hashed_passwd: HASH.reveal(),
    ssh_authorized_keys: [ED25519_KEY],
  });
});

test('a value of another sort than ours stays as the user data have it', { skip }, async () => {
  const own = '#cloud-config\nusers: eve\ntimezone: 1\ngrowpart: {mode: gpart}\nresize_rootfs: noblock\n';
  assert.deepEqual(await merged({ user: 'bob', timezone: 'UTC', growRoot: false }, own), {
    users: 'eve',
    timezone: 1,
    growpart: { mode: 'gpart' },
    resize_rootfs: 'noblock',
  });
});

test('files come out as they went in: text, bytes, long ones and none at all', { skip }, async () => {
  const contents = [
    Buffer.from('#!/bin/sh\n\n  indented\n\ttabbed  \n\n\n'),
    Buffer.from(' leads with a blank\n'),
    Buffer.from('\n'),
    Buffer.alloc(0),
    Buffer.from('no line feed'),
    Buffer.from('dos\r\n'),
    Buffer.from('MIME-Version: 1.0\n\n--x\n'),
    Buffer.from('grüßt 你好 🙂\u2028'),
    Buffer.from(Array.from({ length: 256 }, (_unused, at) => at)),
    Buffer.from('a line of text\n'.repeat(30_000)),
    createHash('sha512').update('noise').digest(),
  ];
  const writeFiles = contents.map((content, at) => ({ path: `/f${at}`, content, permissions: '640' }));
  const { write_files: files } = await merged({ writeFiles }, '#cloud-config\npackages: [vim]\n');
  const [written] = await readByCloudInit({ do: 'contents', files });
  assert.deepEqual(
    written,
    contents.map((content, at) => [`/f${at}`, content.toString('base64'), 0o640]),
  );
});

test('a command that leaves a quote open or ends its shell stops none of the others', { skip }, async () => {
  const run = ["echo 'one", 'exit 7', 'cd /; pwd', 'echo "it\'s $((1 + 1))"; # done', 'echo a\necho b'];
  const { runcmd } = await merged({ run });
  const [script] = await readByCloudInit({ do: 'script', commands: runcmd });
  const { stdout } = await runProgram('/bin/sh', ['-c', `${String(script)}true`], { timeoutMs: 20_000 });
  assert.equal(stdout, "/\nit's 2\na\nb\n");
});

test('cloud-init reads every odd text as the text that it is', { skip }, async () => {
  const wishes = fc.sample(fc.tuple(fc.array(oddText(), { minLength: 1, maxLength: 5 }), oddText()), 400);
  const texts = wishes.map(([run, content]) => {
    const writeFiles = [{ path: '/a', content: Buffer.from(content) }];
    const [file] = guestConfig({ run, writeFiles }, { keys: [] }, DEBIAN)?.files(false) ?? [];
    return Buffer.from(file?.bytes ?? []).toString();
  });
  const read = await readByCloudInit(...texts.map((config) => ({ do: 'parse', config })));
  read.forEach((config, at) => {
    const [run = []] = wishes[at] ?? [];
    assert.deepEqual(Object.keys(Object(config)), ['write_files', 'runcmd']);
    assert.deepEqual(
      Object(config).runcmd,
      run.map((command) => ['sh', '-c', command]),
    );
  });
  const files = read.map((config) => Object(config).write_files[0]);
  const [written] = await readByCloudInit({ do: 'contents', files });
  assert.deepEqual(
    written,
    wishes.map(([, content]) => ['/a', Buffer.from(content).toString('base64'), 0o644]),
  );
});
