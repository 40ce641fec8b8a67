// The disks that a resize keeps: aside, back, and killed anywhere in between.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  bringBack,
  hasKept,
  keptDirectory,
  putAside,
  removeKept,
} from '../../../../src/compute/resize/kept-files.ts';

const FILES = ['disk', 'disk.local', 'disk.swap'];

function directoryWith(context: TestContext, names: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-kept-'));
  context.after(() => rmSync(directory, { recursive: true }));
  for (const name of names) writeFileSync(join(directory, name), `old ${name}`);
  return directory;
}

test('what was put aside comes back in place of what was made since', async (context) => {
  const directory = directoryWith(context, FILES);
  assert.equal(await hasKept(directory), false);
  await putAside(directory, FILES);
  assert.equal(await hasKept(directory), true);
  assert.equal(statSync(keptDirectory(directory)).mode & 0o777, 0o711);
  for (const name of [...FILES, 'disk.config']) writeFileSync(join(directory, name), `new ${name}`);
  await bringBack(directory, ['disk.config']);
  assert.deepEqual(readdirSync(directory).sort(), FILES);
  for (const name of FILES) assert.equal(readFileSync(join(directory, name), 'utf8'), `old ${name}`);
  await bringBack(directory, ['disk.config']); // a second time there is nothing to do
  assert.deepEqual(readdirSync(directory).sort(), FILES);
});

test('however far the putting aside and the bringing back came, bringing back gives the old files', async (context) => {
  for (let aside = 0; aside <= FILES.length; aside += 1) {
    for (let back = 0; back <= aside; back += 1) {
      const directory = directoryWith(context, FILES);
      const kept = keptDirectory(directory);
      mkdirSync(kept);
      for (const name of FILES.slice(0, aside)) renameSync(join(directory, name), join(kept, name));
      if (aside === FILES.length) writeFileSync(join(directory, 'disk'), 'new disk');
      for (const name of FILES.slice(0, back)) renameSync(join(kept, name), join(directory, name));
      await bringBack(directory, []);
      assert.deepEqual(readdirSync(directory).sort(), FILES, `${aside} aside, ${back} back`);
      for (const name of FILES) assert.equal(readFileSync(join(directory, name), 'utf8'), `old ${name}`);
    }
  }
});

test('a file that is not there is a failure, and the others can be brought back', async (context) => {
  const directory = directoryWith(context, ['disk']);
  await assert.rejects(putAside(directory, ['disk', 'disk.local']), { code: 'ENOENT' });
  await bringBack(directory, []);
  assert.equal(readFileSync(join(directory, 'disk'), 'utf8'), 'old disk');
});

test('what was kept goes with its folder, also when it went already', async (context) => {
  const directory = directoryWith(context, FILES);
  await putAside(directory, FILES);
  await removeKept(directory);
  await removeKept(directory);
  assert.equal(existsSync(keptDirectory(directory)), false);
});
