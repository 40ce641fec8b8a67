// A stock client on the SFTP server: OpenSSH's sftp. sshfs: sftp-mounted.long.test.ts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  statfs,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { SftpWorld, treeOf } from './sftp-world.ts';

let world: SftpWorld;
let here: string;
let count = 0;

before(async () => {
  world = await SftpWorld.make();
});
after(async () => await world[Symbol.asyncDispose]());
beforeEach(async () => {
  // The server's home stays one; each test has a directory there and one on this side, of the same name.
  count += 1;
  here = join(world.folder, `here-${count}`);
  await mkdir(here);
  await mkdir(join(world.home, `${count}`));
});

const there = (...names: readonly string[]): string => join(world.home, `${count}`, ...names);

async function sftp(...commands: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await world.sftp(here, [`cd ${count}`, ...commands]);
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Files of sizes around the borders of packets, in directories, with modes and times that are not the usual ones. */
async function plantTree(directory: string): Promise<void> {
  const sizes = [0, 1, 4095, 32_768, 255 * 1024 - 1, 255 * 1024, 255 * 1024 + 1, (1 << 20) + 7];
  await mkdir(join(directory, 'inner', 'empty'), { recursive: true });
  for (const [index, size] of sizes.entries()) {
    const path = join(directory, index % 2 === 0 ? '' : 'inner', `file ${size} ü`);
    await writeFile(path, randomBytes(size));
    await chmod(path, [0o600, 0o755, 0o444, 0o640][index % 4] ?? 0o644);
    await utimes(path, 1_000_000_000 + index, 1_234_567_890 + index);
  }
  await chmod(join(directory, 'inner', 'empty'), 0o711);
}

test('a tree goes in and comes back with the same bytes, modes and times', async () => {
  await plantTree(join(here, 'tree'));
  await sftp('put -pr tree', 'get -pr tree back');
  const planted = await treeOf(join(here, 'tree'), true);
  assert.ok(planted.length > 8);
  assert.deepEqual(await treeOf(there('tree'), true), planted);
  assert.deepEqual(await treeOf(join(here, 'back'), true), planted);
});

test('many files go in by a pattern and come out by one', async () => {
  for (let i = 0; i < 40; i++) await writeFile(join(here, `part-${i}.txt`), `${i}\n`.repeat(i));
  await sftp('mput part-*.txt', 'lmkdir back', 'lcd back', 'mget part-*.txt');
  const files = (await treeOf(here)).filter((line) => line.startsWith('part'));
  assert.equal(files.length, 40);
  assert.deepEqual(await treeOf(join(here, 'back')), files);
});

test('an upload and a download that were cut go on where they stopped', async () => {
  const whole = randomBytes(900_001);
  await writeFile(join(here, 'up'), whole);
  await writeFile(there('up'), whole.subarray(0, 300_000));
  await writeFile(there('down'), whole);
  await writeFile(join(here, 'down'), whole.subarray(0, 123_456));
  await sftp('reput up', 'reget down');
  assert.ok((await readFile(there('up'))).equals(whole));
  assert.ok((await readFile(join(here, 'down'))).equals(whole));
});

test('names are renamed, linked, made and removed', async () => {
  await writeFile(join(here, 'a'), 'content');
  await sftp(
    'put a',
    'rename a b',
    'ln b hard',
    'ln -s b soft',
    'mkdir d',
    'mkdir e',
    'rmdir e',
    'put a gone',
    'rm gone',
  );
  assert.deepEqual((await readdir(there())).sort(), ['b', 'd', 'hard', 'soft']);
  assert.equal((await stat(there('b'))).ino, (await stat(there('hard'))).ino);
  assert.equal(await readlink(there('soft')), 'b');
});

test('modes, owners and groups are changed', { skip: process.getuid?.() !== 0 && 'needs root' }, async () => {
  await writeFile(join(here, 'a'), 'content');
  await sftp('put a', 'chown 1234 a', 'chgrp 4321 a', 'chmod 4750 a', 'ln -s a l', 'chown -h 77 l');
  const [file, soft] = [await lstat(there('a')), await lstat(there('l'))];
  assert.deepEqual([file.uid, file.gid, file.mode & 0o7777], [1234, 4321, 0o4750]);
  assert.equal(soft.uid, 77);
});

test('a listing tells names, sizes, owners and links, and df the filesystem', async () => {
  await writeFile(there('a'), 'x'.repeat(4711));
  await symlink('nowhere', there('dangling'));
  await mkdir(there('d'));
  await Promise.all([chmod(there('a'), 0o644), chmod(there('d'), 0o755)]); // whatever this process's mask is
  const listing = await sftp('ls -la', 'df');
  assert.match(listing, /^-rw-r--r-- .* 4711 .* a$/m);
  assert.match(listing, /^lrwxrwxrwx .* dangling$/m);
  assert.match(listing, /^drwxr-xr-x .* d$/m);
  assert.match(listing, /^d[rwx-]{9} .* \.\.$/m);
  const { blocks, bsize } = await statfs(there());
  assert.match(listing, new RegExp(`^\\s*${(blocks * bsize) / 1024}\\s`, 'm'));
});

test('a server that only reads gives files away and changes none', async () => {
  await plantTree(there('tree'));
  await writeFile(join(here, 'new'), 'new');
  const before = await treeOf(there(), true);
  const path = `${count}/tree/file 0 ü`;
  const refused = [
    'put new',
    'put new "PATH"',
    'reput new "PATH"',
    'rm "PATH"',
    'rename "PATH" moved',
    'ln "PATH" hard',
    'ln -s x soft',
    'mkdir d',
    `rmdir ${count}/tree/inner/empty`,
    'chmod 777 "PATH"',
    'chown 5 "PATH"',
    'chgrp 5 "PATH"',
  ].map((line) => line.replace('PATH', path));
  for (const command of refused) {
    const { status, stderr } = await world.sftp(here, [command], true);
    assert.equal(status, 1, command);
    assert.match(stderr, /denied/i, command);
  }
  const got = await world.sftp(here, [`get -pr ${count}/tree back`, `ls -l ${count}`], true);
  assert.equal(got.status, 0, got.stderr);
  assert.deepEqual(await treeOf(join(here, 'back'), true), await treeOf(there('tree'), true));
  assert.deepEqual(await treeOf(there(), true), before);
});
