// GNU tar is the witness for our tar files, and ours for its.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { TAR_END, TarReader, tarPadding, writeTarHeader } from '../../../src/storage/archive/index.ts';
import { withScratch } from './scratch.ts';

const THEN = new Date('2026-01-02T03:04:05Z');

test('GNU tar lists and unpacks what we wrote', () =>
  withScratch(async (directory) => {
    const content = Buffer.from('a disk of eighteen');
    const parts = [
      writeTarHeader({ name: 'manifest.json', bytes: 2 }, THEN),
      Buffer.from('{}'),
      tarPadding(2),
      writeTarHeader({ name: 'disks/disk.local', bytes: content.length }, THEN),
      content,
      tarPadding(content.length),
      TAR_END,
    ];
    const file = join(directory, 'ours.tar');
    await writeFile(file, Buffer.concat(parts));
    const { stdout } = await runProgram('tar', ['--utc', '--full-time', '-tvf', file]);
    assert.equal(
      stdout.replace(/ +/g, ' '),
      '-rw------- root/root 2 2026-01-02 03:04:05 manifest.json\n' +
        '-rw------- root/root 18 2026-01-02 03:04:05 disks/disk.local\n',
    );
    await runProgram('tar', ['-xf', file, '-C', directory]);
    assert.deepEqual(await readFile(join(directory, 'disks/disk.local')), content);
  }));

test('GNU tar reads the size of a member beyond 8 GiB', () =>
  withScratch(async (directory) => {
    const file = join(directory, 'large.tar');
    const header = writeTarHeader({ name: 'disk', bytes: 9 * 1024 ** 3 }, THEN);
    await writeFile(file, header);
    await runProgram('truncate', ['-s', String(header.length + 9 * 1024 ** 3 + 1024), file]);
    const { stdout } = await runProgram('tar', ['-tvf', file]);
    assert.match(stdout, /root\/root 9663676416 /);
  }));

for (const format of ['ustar', 'pax', 'gnu']) {
  test(`what GNU tar wrote as ${format} is read`, () =>
    withScratch(async (directory) => {
      await writeFile(join(directory, 'manifest.json'), '{"a":1}');
      const file = join(directory, 'theirs.tar');
      await runProgram('tar', ['-C', directory, `--format=${format}`, '-cf', file, 'manifest.json']);
      const reader = new TarReader(once(await readFile(file)));
      assert.deepEqual(await reader.next(), { name: 'manifest.json', bytes: 7 });
      assert.equal((await reader.whole(100)).toString(), '{"a":1}');
      assert.equal(await reader.next(), undefined);
    }));
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
