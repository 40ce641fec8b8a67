// Changing accounts on small disks: each kind that is refused, and links that lead elsewhere.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { isFault, Secret } from '../../../../src/base/index.ts';
import { runProgram, TalkingProgram } from '../../../../src/hostlink/index.ts';
import { type AccountChange, changeOffline } from '../../../../src/storage/index.ts';
import { ED25519_KEY } from '../../../unit/metadata/sample.ts';
import { debugfs, Scratch, SYSTEM } from './disks.ts';

const HASH = `$6$salt$${'a'.repeat(86)}`;
const hash = new Secret(HASH);
const options = { accelerator: 'tcg' } as const;
/** The head of a program for Windows on i386, as far as file(1) reads it. */
const PROGRAM = `MZ${'\0'.repeat(58)}@\0\0\0PE\0\0L\x01\x01${'\0'.repeat(13)}`.concat(
  `\x60\0\x02\x01\x0b\x01${'\0'.repeat(200)}`,
);

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** The change is refused with this code, the disk stays byte for byte, and nothing lies beside it. */
async function refused(scratch: Scratch, path: string, change: AccountChange, code: string): Promise<void> {
  const before = [await digest(path), (await readdir(scratch.folder)).sort()];
  await assert.rejects(changeOffline({ path, format: 'raw' }, change, options), (error) => {
    assert.ok(isFault(error, code), String(error));
    assert.ok(error.hint);
    return true;
  });
  assert.deepEqual([await digest(path), (await readdir(scratch.folder)).sort()], before);
}

test('a hash and keys go where they belong, with owners and modes, and the rest stays', async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.disk('disk', SYSTEM);
  const change = { user: 'nvt', hash, expire: true, keys: [ED25519_KEY] };
  assert.deepEqual(await changeOffline({ path, format: 'raw' }, change, options), {
    keysAdded: [ED25519_KEY],
  });
  const shadow = await debugfs(path, 'cat /etc/shadow');
  assert.equal(shadow, String(SYSTEM['etc/shadow']).replace('nvt:!:19000:', `nvt:${HASH}:0:`));
  assert.equal(await debugfs(path, 'cat home/nvt/.ssh/authorized_keys'), `${ED25519_KEY}\n`);
  const facts = async (file: string) => {
    const text = await debugfs(path, `stat ${file}`);
    const [, mode] = /Mode: +(\d+)/.exec(text) ?? [];
    const [, uid, gid] = /User: +(\d+) +Group: +(\d+)/.exec(text) ?? [];
    return [mode, uid, gid];
  };
  assert.deepEqual(await facts('/etc/shadow'), ['0640', '0', '0']);
  assert.deepEqual(await facts('home/nvt/.ssh'), ['0700', '1001', '1002']);
  assert.deepEqual(await facts('home/nvt/.ssh/authorized_keys'), ['0600', '1001', '1002']);
  assert.deepEqual(await changeOffline({ path, format: 'raw' }, change, options), { keysAdded: [] });
  await runProgram('e2fsck', ['-f', '-n', path]);
  assert.deepEqual((await readdir(scratch.folder)).sort(), ['disk', 'disk.tree']);
});

test('a guest with SELinux is told to label its files anew', async () => {
  await using scratch = await Scratch.make();
  const config = { 'etc/selinux/config': '# SELINUX=disabled\nSELINUX=enforcing\nSELINUXTYPE=targeted\n' };
  const path = await scratch.disk('disk', { ...SYSTEM, ...config });
  await changeOffline({ path, format: 'raw' }, { user: 'root', hash }, options);
  assert.match(await debugfs(path, 'stat /.autorelabel'), /Type: regular/);
});

test('an unknown user and one without a home are refused', async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.disk('disk', SYSTEM);
  await refused(scratch, path, { user: 'ghost', hash }, 'OFFLINE_USER_UNKNOWN');
  await refused(scratch, path, { user: 'homeless', keys: [ED25519_KEY] }, 'OFFLINE_HOME_MISSING');
});

test('links in the place of /etc/shadow and of ~/.ssh are not written through', async () => {
  await using scratch = await Scratch.make();
  const shadow = { 'etc/shadow': { link: '/etc/passwd' } };
  const linked = await scratch.disk('shadow', { ...SYSTEM, ...shadow });
  await refused(scratch, linked, { user: 'nvt', hash }, 'OFFLINE_FILE_UNSAFE');
  const folder = await scratch.disk('ssh', { ...SYSTEM, 'home/nvt/.ssh': { link: '/etc' } });
  await refused(scratch, folder, { user: 'nvt', keys: [ED25519_KEY] }, 'OFFLINE_FILE_UNSAFE');
});

test('a disk without a system, and an encrypted one, are told apart', async () => {
  await using scratch = await Scratch.make();
  const empty = await scratch.disk('empty', { 'readme.txt': 'nothing here\n' });
  await refused(scratch, empty, { user: 'root', hash }, 'OFFLINE_NO_SYSTEM');
  const luks = scratch.path('luks');
  await writeFile(luks, '');
  await truncate(luks, 64 * 1024 * 1024);
  const words = [
    'luksFormat',
    '--batch-mode',
    '--pbkdf',
    'pbkdf2',
    '--pbkdf-force-iterations',
    '1000',
    luks,
    '-',
  ];
  await runProgram('cryptsetup', words, { stdin: 'secret' });
  await refused(scratch, luks, { user: 'root', hash }, 'OFFLINE_ENCRYPTED');
});

test('a disk with Windows is refused, and told from one without a system', async () => {
  await using scratch = await Scratch.make();
  const windows = await scratch.disk('windows', {
    'Windows/System32/cmd.exe': PROGRAM,
    'Windows/System32/config/readme': '',
    'Windows/System32/drivers/etc/hosts': '',
    'Program Files/readme': '',
  });
  await refused(scratch, windows, { user: 'Administrator', hash }, 'OFFLINE_WINDOWS');
});

test('a disk with two systems, and a file that is too large, are refused', async () => {
  await using scratch = await Scratch.make();
  const one = await scratch.disk('one', SYSTEM);
  const other = await scratch.disk('other', {
    ...SYSTEM,
    'etc/shadow': `root:*:1::::::\n${'#'.repeat(5_000_000)}\n`,
  });
  const two = await scratch.partitioned('two', [one, other]);
  await refused(scratch, two, { user: 'root', hash }, 'OFFLINE_SEVERAL_SYSTEMS');
  await refused(scratch, other, { user: 'root', hash }, 'OFFLINE_FILE_TOO_LARGE');
});

test('a disk that somebody writes to is refused at once', async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.disk('disk', SYSTEM);
  await using writer = new TalkingProgram('qemu-io', ['-f', 'raw', path]);
  await writer.say('length\n', /\n[^\n]*qemu-io> $/);
  await refused(scratch, path, { user: 'root', hash }, 'OFFLINE_DISK_IN_USE');
});
