// Killed at any step, a change leaves the disk byte for byte as it was, and its leavings go with the next one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { isFault, Secret, within } from '../../../../src/base/index.ts';
import { changeOffline } from '../../../../src/storage/index.ts';
import { debugfs, Scratch, SYSTEM } from './disks.ts';

const CHILD = join(import.meta.dirname, 'change-and-die.ts');
const HASH = `$6$salt$${'e'.repeat(86)}`;

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Runs the change in a process of its own, and kills that at the first line that is `moment`. */
async function changeAndDie(path: string, moment: string): Promise<void> {
  const child = spawn(process.execPath, [CHILD, path, 'raw'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const reached = within(120_000, moment, async () => {
    for await (const line of createInterface({ input: child.stdout })) if (line === moment) return true;
    return false;
  });
  try {
    assert.ok(await reached, `the change ended before "${moment}"`);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

test('a change that is killed at any step leaves the disk as it was, and the next one clears up', async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.disk('disk', SYSTEM);
  const [before, { ino, mtimeMs }] = [await digest(path), await stat(path)];
  for (const moment of [
    'appliance begin',
    'inspection begin',
    'account begin',
    'account end',
    'disk begin',
  ]) {
    await changeAndDie(path, moment);
    assert.equal(await digest(path), before, moment);
    const now = await stat(path);
    assert.deepEqual([now.ino, now.mtimeMs], [ino, mtimeMs], moment);
    assert.ok(
      (await readdir(scratch.folder)).some((name) => name.endsWith('.tmp')),
      moment,
    );
  }
  const change = { user: 'root', hash: new Secret(HASH) };
  await changeOffline({ path, format: 'raw' }, change, { accelerator: 'tcg' });
  assert.match(await debugfs(path, 'cat /etc/shadow'), /^root:\$6\$salt\$e{86}:/);
  assert.deepEqual((await readdir(scratch.folder)).sort(), ['disk', 'disk.tree']);
});

test('a change that is cancelled, and one whose time is up, leave nothing behind', async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.disk('disk', SYSTEM);
  const before = await digest(path);
  const change = { user: 'root', hash: new Secret(HASH) };
  const cancel = new AbortController();
  const cancelled = changeOffline({ path, format: 'raw' }, change, {
    accelerator: 'tcg',
    signal: cancel.signal,
    onProgress: ({ step }) => void (step === 'inspection' && cancel.abort()),
  });
  await assert.rejects(cancelled, (error) => isFault(error, 'CANCELLED'));
  const late = changeOffline({ path, format: 'raw' }, change, { accelerator: 'tcg', timeoutMs: 1500 });
  await assert.rejects(late, (error) => isFault(error, 'OFFLINE_TIMEOUT'));
  assert.equal(await digest(path), before);
  assert.deepEqual((await readdir(scratch.folder)).sort(), ['disk', 'disk.tree']);
});
