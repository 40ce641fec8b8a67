// sshfs on the SFTP server: a filesystem over it, and a filesystem that cannot refuse to replace.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  statfs,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../support/run-command.ts';
import { ask, FXP, inWords, text } from './sftp-wire.ts';
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

/**
 * Lends the server's directory as a filesystem. sshfs starts the server itself, so that no byte of the mount passes through
 * this process: whoever carries them would wait, at the mount, for what it has not carried yet.
 */
async function mounted(point: string, work: () => Promise<void>): Promise<void> {
  const outside = (await stat(point)).dev;
  const command = await world.serverCommand(there());
  const sshfs = spawn('sshfs', ['-f', '-o', `ssh_command=${command},auto_unmount`, 'server:', point], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  sshfs.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  // Its errors close only when the server, which inherits them, has ended too.
  const ended = new Promise((resolve) => sshfs.once('close', resolve));
  try {
    const limit = AbortSignal.timeout(60_000);
    while ((await stat(point)).dev === outside) await pause(20, undefined, { signal: limit });
    await work();
  } finally {
    const { status } = await runCommand('fusermount3', ['-u', point]);
    if (status !== 0) sshfs.kill('SIGKILL'); // a test that failed still holds it; auto_unmount takes it away
    await ended;
    assert.equal(said, 'server ended with 0\n');
  }
}

test('a filesystem over it keeps trees, renames over files, links, truncates and tells its size', async () => {
  const point = join(here, 'point');
  await mkdir(point);
  await plantTree(join(here, 'tree'));
  await mounted(point, async () => {
    const copied = await runCommand('cp', ['-a', join(here, 'tree'), point]);
    assert.equal(copied.status, 0, copied.stderr);
    assert.deepEqual(await treeOf(join(point, 'tree'), true), await treeOf(join(here, 'tree'), true));
    await writeFile(join(point, 'a'), 'first');
    await writeFile(join(point, 'b'), 'second');
    await rename(join(point, 'b'), join(point, 'a'));
    await link(join(point, 'a'), join(point, 'hard'));
    await symlink('a', join(point, 'soft'));
    await truncate(join(point, 'a'), 3);
    assert.equal(await readFile(join(point, 'soft'), 'utf8'), 'sec');
    assert.equal((await statfs(point)).blocks, (await statfs(there())).blocks);
    await copyFile(join(here, 'tree', 'file 0 ü'), join(point, 'copy'));
  });
  assert.deepEqual(await treeOf(there('tree'), true), await treeOf(join(here, 'tree'), true));
  assert.equal(await readFile(there('hard'), 'utf8'), 'sec');
});

test('on a filesystem that cannot refuse to replace, a rename still replaces nothing', async () => {
  const point = join(here, 'point');
  await mkdir(point);
  for (const name of ['a', 'b']) await writeFile(there(name), name);
  await mkdir(there('d'));
  await mounted(point, async () => {
    const client = world.start({ home: point }); // sshfs takes no flags on a rename
    const tries = ['a b', 'a d', 'd a', 'a new', 'd moved', 'gone x'].map((names) => {
      const [from = '', to = ''] = names.split(' ');
      return ask(FXP.RENAME, text(from), text(to));
    });
    const words = (await client.ask(...tries)).map(inWords);
    assert.deepEqual(words, ['status 4', 'status 4', 'status 4', 'status 0', 'status 0', 'status 2']);
    assert.equal((await client.end()).status, 0);
  });
  assert.deepEqual((await readdir(there())).sort(), ['b', 'moved', 'new']);
  assert.deepEqual([await readFile(there('b'), 'utf8'), await readFile(there('new'), 'utf8')], ['b', 'a']);
});
