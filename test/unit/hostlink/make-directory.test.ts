import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeDirectory } from '../../../src/hostlink/index.ts';

const root = await mkdtemp(join(tmpdir(), 'novalet-directories-'));
after(() => rm(root, { recursive: true }));

test('a directory is made with those above it, by several at once too, and stays what it is', async () => {
  const deep = join(root, 'a', 'b', 'c');
  await Promise.all([1, 2, 3, 4].map(() => makeDirectory(deep, 0o711)));
  await makeDirectory(deep, 0o700);
  assert.equal((await stat(deep)).mode & 0o777, 0o711);
});

test('where the system makes none, and where a file is in the way, that is said at once', async () => {
  await assert.rejects(makeDirectory('/proc/none/below', 0o700), { code: 'ENOENT' });
  const file = join(root, 'file');
  await writeFile(file, '');
  await assert.rejects(makeDirectory(file, 0o700), { code: 'EEXIST' });
  await assert.rejects(makeDirectory(join(file, 'below'), 0o700), { code: 'EEXIST' });
});
