import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../../src/base/index.ts';
import { buildIso } from '../../../../src/storage/iso9660/index.ts';
import { anyTree } from './any-tree.ts';
import { readFiles, readVolume } from './read-volume.ts';

const DATE = new Date(Date.UTC(2020, 9, 14));

function build(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return buildIso({ volumeLabel: 'config-2', publisher: 'novalet', files, date: DATE });
}

function text(entries: Readonly<Record<string, string>>): Map<string, Uint8Array> {
  return new Map(Object.entries(entries).map(([path, content]) => [path, Buffer.from(content)]));
}

function sortedHashes(files: ReadonlyMap<string, Uint8Array>): string[] {
  return [...files.values()].map((bytes) => Buffer.from(bytes).toString('base64')).sort();
}

test('Rock Ridge gives back every path and content of any tree', () => {
  fc.assert(
    fc.property(anyTree(), (files) => {
      const read = readFiles(build(files), 'rock-ridge');
      assert.deepEqual([...read.keys()].sort(), [...files.keys()].sort());
      for (const [path, bytes] of files) assert.deepEqual(read.get(path), Buffer.from(bytes));
    }),
    { numRuns: 150 },
  );
});

test('the plain and the Joliet view of any tree hold every content under names of their own', () => {
  fc.assert(
    fc.property(anyTree(), (files) => {
      const image = build(files);
      for (const view of ['plain', 'joliet'] as const) {
        const read = readFiles(image, view);
        assert.deepEqual(sortedHashes(read), sortedHashes(files));
        const shown = [...readVolume(image, view).keys()].map((path) =>
          path.toLowerCase().replace(/\.?;1$/, ''),
        );
        assert.equal(
          new Set(shown).size,
          shown.length,
          'names stay apart for a reader that takes no heed of case',
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('the same files give the same bytes, in whatever order they come', () => {
  fc.assert(
    fc.property(anyTree(), (files) => {
      const image = build(files);
      assert.deepEqual(build(new Map(files)), image);
      assert.deepEqual(build(new Map([...files].reverse())), image);
    }),
    { numRuns: 50 },
  );
});

test('a config drive keeps its names in all three views', () => {
  const files = text({ 'openstack/2012-08-10/user_data': 'a', 'ec2/latest/meta-data.json': 'b' });
  const image = build(files);
  assert.deepEqual([...readFiles(image, 'joliet').keys()].sort(), [...files.keys()].sort());
  assert.deepEqual([...readFiles(image, 'plain').keys()].sort(), [
    'ec2/latest/meta-data.json;1',
    'openstack/2012-08-10/user_data.;1',
  ]);
});

test('names that Joliet cannot hold are shortened and numbered, and keep their extension', () => {
  const long = 'x'.repeat(100);
  const image = build(
    text({ [`${long}1.json`]: '1', [`${long}2.json`]: '2', 'a:b?.txt': '3', 'a_b_.txt': '4' }),
  );
  assert.deepEqual([...readFiles(image, 'joliet').keys()].sort(), [
    'a_b_.txt',
    'a_b__1.txt',
    `${'x'.repeat(57)}_1.json`,
    `${'x'.repeat(59)}.json`,
  ]);
});

test('names that differ in case alone are numbered for Windows', () => {
  const image = build(text({ README: '1', readme: '2', Readme: '3' }));
  assert.deepEqual([...readFiles(image, 'joliet').keys()].sort(), ['README', 'Readme_1', 'readme_2']);
  assert.deepEqual([...readFiles(image, 'rock-ridge').keys()].sort(), ['README', 'Readme', 'readme']);
});

test('files are readable by root alone, and directories count their links', () => {
  const entries = readVolume(build(text({ 'a/b/c': '', 'a/d': '' })), 'rock-ridge');
  assert.equal(entries.get('a/d')?.mode, 0o100400);
  assert.equal(entries.get('a')?.mode, 0o040555);
  assert.equal(entries.get('a')?.links, 3);
  assert.equal(entries.get('a/b')?.links, 2);
});

test('a content that several files share is stored once', () => {
  const content = 'y'.repeat(60_000);
  const once = build(text({ a: content }));
  const often = build(text(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${at}`, content]))));
  assert.equal(often.length, once.length);
});

test('the descriptors carry the label, the publisher and the fixed date', () => {
  const image = Buffer.from(build(text({ a: 'b' })));
  assert.equal(image.toString('latin1', 16 * 2048 + 40, 16 * 2048 + 72), 'config-2'.padEnd(32));
  assert.equal(image.toString('latin1', 16 * 2048 + 318, 16 * 2048 + 325), 'novalet');
  assert.equal(image.toString('latin1', 16 * 2048 + 813, 16 * 2048 + 829), '2020101400000000');
  const joliet = Buffer.from(image.subarray(17 * 2048 + 40, 17 * 2048 + 72)).swap16();
  assert.equal(joliet.toString('utf16le'), 'config-2'.padEnd(16));
  assert.equal(image.toString('latin1', 17 * 2048 + 88, 17 * 2048 + 91), '%/E');
  assert.equal(image[18 * 2048], 255);
});

test('a path that no volume can hold is refused by name', () => {
  for (const path of [
    '',
    '/a',
    'a//b',
    'a/../b',
    './a',
    'a/',
    'a\0b',
    'n'.repeat(256),
    `${'d/'.repeat(32)}f`,
    '\ud800',
  ]) {
    assert.throws(
      () => build(text({ [path]: '' })),
      (error) => isFault(error, 'ISO_PATH_INVALID'),
      path,
    );
  }
});

test('one path for a file and a directory is refused, in either order', () => {
  assert.throws(
    () => build(text({ a: '', 'a/b': '' })),
    (error) => isFault(error, 'ISO_PATH_CONFLICT'),
  );
  assert.throws(
    () => build(text({ 'a/b': '', a: '' })),
    (error) => isFault(error, 'ISO_PATH_CONFLICT'),
  );
});

test('a label, publisher or date that does not fit is refused', () => {
  const request = {
    volumeLabel: 'config-2',
    publisher: 'p',
    files: new Map<string, Uint8Array>(),
    date: DATE,
  };
  const bad = [
    { ...request, volumeLabel: 'x'.repeat(17) },
    { ...request, volumeLabel: 'ä' },
    { ...request, publisher: 'ü' },
    { ...request, date: new Date(Date.UTC(1899, 0, 1)) },
    { ...request, date: new Date(Number.NaN) },
  ];
  for (const one of bad)
    assert.throws(
      () => buildIso(one),
      (error) => isFault(error, 'ISO_LABEL_INVALID'),
    );
});

test('an empty volume is a volume', () => {
  assert.equal(readVolume(build(new Map()), 'rock-ridge').size, 0);
});
