// scp (new and old), sftp, rsync and sshfs against the gateway; and logins for files only.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GatewayWorld } from './support/gateway-world.ts';

const LIMIT = { timeout: 240_000 };
const BYTES = randomBytes(5_000_000);

let world: GatewayWorld;
before(async () => {
  world = await GatewayWorld.open();
  writeFileSync(path('here'), BYTES);
  mkdirSync(path('there'));
});
after(async () => await world[Symbol.asyncDispose]());

function path(name: string): string {
  return join(world.folder, name);
}

for (const [name, flags] of [
  ['scp over sftp', []],
  ['scp by its old protocol', ['-O']],
] as const) {
  test(`${name} copies in and out`, LIMIT, async () => {
    const there = path(`there/scp${flags.length}`);
    const put = await world.run('scp', [...flags, path('here'), `all:${there}`]);
    assert.deepEqual([put.status, put.stderr], [0, '']);
    assert.ok(readFileSync(there).equals(BYTES));
    const back = await world.run('scp', [...flags, `all:${there}`, path('back')]);
    assert.equal(back.status, 0);
    assert.ok(readFileSync(path('back')).equals(BYTES));
  });
}

test('sftp lists, writes and renames', LIMIT, async () => {
  const batch = `put ${path('here')} ${path('there/sftp')}\nrename ${path('there/sftp')} ${path('there/renamed')}\nls ${path('there')}\n`;
  const ran = await world.run('sftp', ['-b', '-', 'writer'], { input: batch });
  assert.equal(ran.status, 0);
  assert.match(ran.stdout, /there\/renamed/);
  assert.ok(readFileSync(path('there/renamed')).equals(BYTES));
  const record = await world.recorded(({ subject }) => subject === 'writer');
  assert.deepEqual([record.what, record.privilege], ['sftp', 'files-write']);
  assert.ok((record.bytesIn ?? 0) >= BYTES.length);
});

test('who may only read can read by sftp and write nothing', LIMIT, async () => {
  const read = await world.run('sftp', [`reader:${path('here')}`, path('read')]);
  assert.equal(read.status, 0);
  assert.ok(readFileSync(path('read')).equals(BYTES));
  const batch = `put ${path('here')} ${path('there/forbidden')}\n`;
  const write = await world.run('sftp', ['-b', '-', 'reader'], { input: batch });
  assert.equal(write.status, 1);
  assert.match(write.stderr, /[Pp]ermission denied/);
  assert.ok(!existsSync(path('there/forbidden')));
});

test('who may not touch files gets a clear no for sftp', LIMIT, async () => {
  const ran = await world.run('sftp', ['-b', '-', 'nothing'], { input: 'ls\n' });
  assert.equal(ran.status, 255);
  assert.match(ran.stderr, /does not include files-read \[PRIVILEGE_MISSING\]/);
});

test('rsync copies a tree, and then only what changed', LIMIT, async () => {
  mkdirSync(path('tree/deep'), { recursive: true });
  for (let at = 0; at < 200; at += 1) writeFileSync(path(`tree/deep/${at}`), `${at}`);
  const args = ['-a', '--stats', '-e', `ssh -F ${world.config}`, `${path('tree')}/`, `all:${path('copy')}/`];
  const first = await world.run('rsync', args);
  assert.deepEqual([first.status, first.stderr], [0, '']);
  assert.equal(readFileSync(path('copy/deep/123'), 'utf8'), '123');
  writeFileSync(path('tree/deep/5'), 'changed');
  const second = await world.run('rsync', args);
  assert.match(second.stdout, /Number of regular files transferred: 1\n/);
  assert.equal(readFileSync(path('copy/deep/5'), 'utf8'), 'changed');
});

test('sshfs mounts a folder of the guest', LIMIT, async () => {
  mkdirSync(path('mount'));
  mkdirSync(path('shared'));
  const mounted = await world.run('sshfs', ['-F', world.config, `all:${path('shared')}`, path('mount')]);
  assert.deepEqual([mounted.status, mounted.stderr], [0, '']);
  const wrote = await world.run('sh', [
    '-c',
    `echo through > ${path('mount/file')}; cat ${path('mount/file')}`,
  ]);
  assert.equal(wrote.stdout, 'through\n');
  assert.equal((await world.run('fusermount3', ['-u', path('mount')])).status, 0);
  assert.equal(readFileSync(path('shared/file'), 'utf8'), 'through\n');
});

test('no host key is made twice, and one that others may read is refused', LIMIT, async () => {
  const { readHostKeys } = await import('../../../src/ssh-gateway/index.ts');
  const folder = path('keys');
  const rounds = await Promise.all(Array.from({ length: 8 }, () => readHostKeys({ folder, rsa: false })));
  assert.equal(new Set(rounds.map(([key]) => key?.reveal())).size, 1);
  execFileSync('chmod', ['644', join(folder, 'ssh_host_ed25519_key')]);
  await assert.rejects(readHostKeys({ folder, rsa: false }), { code: 'HOST_KEY_EXPOSED' });
});
