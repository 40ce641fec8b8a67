// Config drives as other people's programs see them: blkid, isoinfo, xorriso; and writing them onto real filesystems.
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { writeConfigDrive } from '../../../src/storage/config-drive.ts';
import { anyTree } from '../../unit/storage/iso9660/any-tree.ts';
import { mayMount, namesIn, withScratch, withSmallDisk } from './scratch.ts';

const LONG = `${'a-long-name-'.repeat(18)}.json`;

const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ['ec2/2009-04-04/meta-data.json', Buffer.from('{"instance-id":"i-1"}')],
  ['ec2/latest/user-data', Buffer.from('#!/bin/sh\n')],
  ['openstack/2012-08-10/user_data', Buffer.alloc(65_535, 'u')],
  ['openstack/latest/user_data', Buffer.alloc(65_535, 'u')],
  ['openstack/latest/meta_data.json', Buffer.alloc(4096, 'm')],
  ['openstack/content/0000', new Uint8Array()],
  [`names/${LONG}`, Buffer.from('long')],
  ['names/grüße 日本.txt', Buffer.from('unicode')],
  ['a/b/c/d/e/f/g/h/i/j/deep', Buffer.from('deep')],
  ...Array.from({ length: 150 }, (_, at) => [`many/file-${at}.conf`, Buffer.from(`content ${at}`)] as const),
]);

/** Plain names and Joliet names of these files, where they differ from the given ones. */
const PLAIN_LONG = 'names/a-long-name-a-long-name-a.json;1';
const JOLIET_LONG = `names/${LONG.slice(0, 59)}.json`;

async function filesBelow(directory: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = paths.map(async (path) => [relative(directory, path), await readFile(path)] as const);
  return new Map(await Promise.all(contents));
}

/** Extracts everything with xorriso, whose reader is told which view to take. */
async function extract(
  drive: string,
  directory: string,
  view: 'any' | 'norock' | 'ecma119',
): Promise<Map<string, Buffer>> {
  await mkdir(directory);
  const charset = ['-in_charset', 'UTF-8', '-out_charset', 'UTF-8'];
  const read = [
    '-osirrox',
    'on:auto_chmod_on',
    '-read_fs',
    view,
    '-indev',
    drive,
    '-extract',
    '/',
    directory,
  ];
  await runProgram('xorriso', [...charset, ...read]);
  await runProgram('chmod', ['-R', 'u+rwX', directory]);
  return await filesBelow(directory);
}

function renamed(change: (path: string) => string): Map<string, Buffer> {
  return new Map([...FILES].map(([path, bytes]) => [change(path), Buffer.from(bytes)]));
}

function assertSame(actual: ReadonlyMap<string, Buffer>, expected: ReadonlyMap<string, Buffer>): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [path, bytes] of expected) assert.ok(actual.get(path)?.equals(bytes), path);
}

test('blkid finds the label that cloud-init looks for', async () => {
  await withScratch(async (scratch) => {
    const drive = join(scratch, 'disk.config');
    await writeConfigDrive(drive, FILES);
    const { stdout } = await runProgram('blkid', ['-p', '-o', 'export', drive]);
    assert.match(stdout, /^LABEL=config-2$/m);
    assert.match(stdout, /^TYPE=iso9660$/m);
    await writeConfigDrive(drive, FILES, { label: 'cidata' });
    assert.match((await runProgram('blkid', ['-p', '-o', 'export', drive])).stdout, /^LABEL=cidata$/m);
  });
});

test('xorriso extracts every file by Rock Ridge, by Joliet and by plain names', async () => {
  await withScratch(async (scratch) => {
    const drive = join(scratch, 'disk.config');
    await writeConfigDrive(drive, FILES);
    assertSame(
      await extract(drive, join(scratch, 'rock'), 'any'),
      renamed((path) => path),
    );
    const joliet = (path: string) => (path.endsWith(LONG) ? JOLIET_LONG : path);
    assertSame(await extract(drive, join(scratch, 'joliet'), 'norock'), renamed(joliet));
    const plain = await extract(drive, join(scratch, 'plain'), 'ecma119');
    const contents = (files: ReadonlyMap<string, Uint8Array>) =>
      [...files.values()].map((bytes) => Buffer.from(bytes).toString()).sort();
    assert.deepEqual(contents(plain), contents(FILES));
  });
});

test('isoinfo reads every file through each view', async () => {
  await withScratch(async (scratch) => {
    const drive = join(scratch, 'disk.config');
    await writeConfigDrive(drive, FILES);
    const content = async (flags: readonly string[], path: string) =>
      (await runProgram('isoinfo', [...flags, '-i', drive, '-x', `/${path}`])).stdout;
    const meta = 'm'.repeat(4096);
    assert.equal(await content(['-R'], 'openstack/latest/meta_data.json'), meta);
    assert.equal(await content(['-J'], 'openstack/latest/meta_data.json'), meta);
    assert.equal(await content([], 'openstack/latest/meta_data.json;1'), meta);
    assert.equal(await content(['-R'], `names/${LONG}`), 'long');
    assert.equal(await content(['-J'], JOLIET_LONG), 'long');
    assert.equal(await content([], PLAIN_LONG), 'long');
    assert.equal(await content(['-R'], 'many/file-149.conf'), 'content 149');
    assert.equal(await content(['-J'], 'many/file-149.conf'), 'content 149');
    const { stdout } = await runProgram('isoinfo', ['-R', '-l', '-i', drive]);
    assert.match(stdout, /^-r--------\s+1\s+0\s+0\s+4096 .* meta_data\.json $/m);
    assert.match((await runProgram('isoinfo', ['-d', '-i', drive])).stdout, /Joliet with UCS level 3 found/);
  });
});

test('xorriso gives back any tree as it was', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anyTree(), async (files) => {
      await withScratch(async (scratch) => {
        const drive = join(scratch, 'disk.config');
        await writeConfigDrive(drive, files);
        const expected = new Map([...files].map(([path, bytes]) => [path, Buffer.from(bytes)]));
        assertSame(await extract(drive, join(scratch, 'out'), 'any'), expected);
      });
    }),
    { numRuns: 25 },
  );
});

test('a drive replaces the one before it, only its owner may open it, and nothing else is left', async () => {
  await withScratch(async (scratch) => {
    const drive = join(scratch, 'disk.config');
    await writeFile(drive, 'old');
    await chmod(drive, 0o644);
    await writeConfigDrive(drive, FILES);
    const facts = await stat(drive);
    assert.equal(facts.mode & 0o777, 0o600);
    assert.equal(facts.size % 2048, 0);
    assert.deepEqual(await namesIn(scratch), ['disk.config']);
    const first = await readFile(drive);
    await writeConfigDrive(drive, new Map([...FILES].reverse()));
    assert.ok(first.equals(await readFile(drive)), 'the same files give the same bytes');
  });
});

test('a full disk is named as one, the old drive stays and nothing is left over', {
  skip: mayMount,
}, async () => {
  await withSmallDisk(1, async (directory) => {
    const drive = join(directory, 'disk.config');
    await writeConfigDrive(drive, new Map([['a', Buffer.from('small')]]));
    const before = await readFile(drive);
    const large = new Map([['big', Buffer.alloc(2 * 1024 * 1024, 'x')]]);
    await assert.rejects(writeConfigDrive(drive, large), (error) => isFault(error, 'DISK_SPACE_EXHAUSTED'));
    assert.ok(before.equals(await readFile(drive)));
    assert.deepEqual(await namesIn(directory), ['disk.config']);
  });
});

test('a directory that is not there, and a cancelled write, leave nothing', async () => {
  await withScratch(async (scratch) => {
    const nowhere = join(scratch, 'gone', 'disk.config');
    await assert.rejects(writeConfigDrive(nowhere, FILES), (error) =>
      isFault(error, 'CONFIG_DRIVE_NOT_WRITTEN'),
    );
    const drive = join(scratch, 'disk.config');
    const before = AbortSignal.abort();
    await assert.rejects(writeConfigDrive(drive, FILES, { signal: before }), (error) =>
      isFault(error, 'CANCELLED'),
    );
    const during = new AbortController();
    const writing = writeConfigDrive(drive, FILES, { signal: during.signal });
    during.abort();
    await assert.rejects(writing, (error) => isFault(error, 'CANCELLED'));
    assert.deepEqual(await namesIn(scratch), []);
  });
});
