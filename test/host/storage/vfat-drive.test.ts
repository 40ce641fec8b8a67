// VFAT drives as other people's programs see them: fsck.vfat, blkid, mtools, and a reader of our own in another language.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { anObject, aString, isFault, listOf, mapOf, Place } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { VFAT_DRIVE_BYTES } from '../../../src/model/index.ts';
import { writeConfigDrive } from '../../../src/storage/index.ts';
import { anyVfatTree } from '../../unit/storage/vfat/any-vfat-tree.ts';
import { namesIn, withScratch } from './scratch.ts';

const READER = fileURLToPath(new URL('read-vfat.py', import.meta.url));
const readerShape = anObject({
  label: aString,
  boot_label: aString,
  files: mapOf(aString),
  times: listOf(aString),
});

const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ['ec2/latest/user-data', Buffer.from('#!/bin/sh\n')],
  ['openstack/2012-08-10/user_data', Buffer.alloc(65_535, 'u')],
  ['openstack/latest/user_data', Buffer.alloc(65_535, 'u')],
  ['openstack/latest/meta_data.json', Buffer.alloc(4096, 'm')],
  ['openstack/content/0000', new Uint8Array()],
  [`names/${'a-long-name-'.repeat(18)}.json`, Buffer.from('long')],
  ['names/grüße 日本.txt', Buffer.from('unicode')],
  ['a/b/c/d/e/f/g/h/i/j/deep', Buffer.from('deep')],
  ...Array.from({ length: 150 }, (_, at) => [`many/file-${at}.conf`, Buffer.from(`content ${at}`)] as const),
]);

async function readBack(drive: string) {
  const { stdout } = await runProgram('python3', [READER, drive]);
  const found: unknown = JSON.parse(stdout);
  return readerShape(
    found,
    new Place('volume', (path, problem) => {
      throw new Error(`${path} ${problem}`);
    }),
  );
}

function digests(files: ReadonlyMap<string, Uint8Array>): Map<string, string> {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([path, bytes]) => [path, hash('sha256', bytes)]));
}

function sorted(found: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function filesBelow(directory: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = paths.map(async (path) => [relative(directory, path), await readFile(path)] as const);
  return new Map(await Promise.all(contents));
}

test('fsck.vfat has nothing to say, and blkid finds type and label', async () => {
  await withScratch(async (scratch) => {
    const drive = join(scratch, 'disk.config');
    for (const label of ['config-2', 'cidata'] as const) {
      await writeConfigDrive(drive, FILES, { format: 'vfat', label });
      const { stdout } = await runProgram('fsck.vfat', ['-n', '-V', drive]);
      assert.match(stdout, /^\S+ \d+ files, \d+\/32695 clusters$/m);
      assert.deepEqual(
        stdout.split('\n').filter((line) => /differ|wrong|bad|label|auto-|not /i.test(line)),
        [],
      );
      const { stdout: facts } = await runProgram('blkid', ['-p', '-o', 'export', drive]);
      assert.match(facts, new RegExp(`^LABEL=${label}$`, 'm'));
      assert.match(facts, /^TYPE=vfat$/m);
      assert.match(facts, /^VERSION=FAT16$/m);
    }
  });
});

test('mtools copies every file out as it went in', async () => {
  await withScratch(async (scratch) => {
    const drive = join(scratch, 'disk.config');
    await writeConfigDrive(drive, FILES, { format: 'vfat' });
    const out = join(scratch, 'out');
    await mkdir(out);
    await runProgram('mcopy', ['-s', '-n', '-i', drive, '::/*', out], { env: { LC_ALL: 'C.UTF-8' } });
    assert.deepEqual(digests(await filesBelow(out)), digests(FILES));
    const { stdout } = await runProgram('mdir', ['-i', drive, '::/openstack/latest']);
    assert.match(stdout, /^META_D~1 JSO\s+4096 2020-10-14\s+0:00\s+meta_data\.json\s*$/m);
    assert.match(stdout, /Volume in drive : is config-2/);
  });
});

test('any tree comes back as it went in, on a volume that fsck.vfat passes', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anyVfatTree(), async (files) => {
      await withScratch(async (scratch) => {
        const drive = join(scratch, 'disk.config');
        await writeConfigDrive(drive, files, { format: 'vfat', label: 'cidata' });
        const found = await readBack(drive);
        assert.deepEqual(sorted(found.files), digests(files));
        assert.deepEqual([found.label, found.boot_label], ['cidata', 'cidata']);
        await runProgram('fsck.vfat', ['-n', drive]);
      });
    }),
    { numRuns: 15 },
  );
});

test('a drive is sparse, its owner alone may open it, and the same files give the same bytes', async () => {
  await withScratch(async (scratch) => {
    const drive = join(scratch, 'disk.config');
    await writeConfigDrive(drive, FILES, { format: 'vfat' });
    const facts = await stat(drive);
    assert.equal(facts.mode & 0o777, 0o600);
    assert.equal(facts.size, VFAT_DRIVE_BYTES);
    assert.ok(facts.blocks * 512 < 2 * 1024 * 1024, `${facts.blocks} blocks are in use`);
    assert.deepEqual(await namesIn(scratch), ['disk.config']);
    const first = await readFile(drive);
    await writeConfigDrive(drive, new Map([...FILES].reverse()), { format: 'vfat' });
    assert.ok(first.equals(await readFile(drive)));
    assert.equal((await readBack(drive)).times.length, 1, 'every file has the one fixed date');
  });
});

test('what is too large for a drive leaves none', async () => {
  await withScratch(async (scratch) => {
    const large = new Map([['big', Buffer.alloc(VFAT_DRIVE_BYTES)]]);
    await assert.rejects(writeConfigDrive(join(scratch, 'disk.config'), large, { format: 'vfat' }), (error) =>
      isFault(error, 'VFAT_TOO_LARGE'),
    );
    assert.deepEqual(await namesIn(scratch), []);
  });
});
