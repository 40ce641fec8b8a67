// VFAT volumes by their bytes. What other programs read in them is in test/host/storage/vfat-drive.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, MIB } from '../../../../src/base/index.ts';
import { VFAT_DRIVE_BYTES as VFAT_BYTES } from '../../../../src/model/index.ts';
import { buildVfat } from '../../../../src/storage/vfat/index.ts';
import { shortNames } from '../../../../src/storage/vfat/short-names.ts';

const DATE = new Date(Date.UTC(2020, 9, 14));

function build(files: ReadonlyMap<string, Uint8Array>, volumeLabel = 'config-2') {
  return buildVfat({ volumeLabel, files, date: DATE });
}

function refuses(code: string, paths: readonly string[]): void {
  const files = new Map(paths.map((path) => [path, new Uint8Array(1)]));
  assert.throws(
    () => build(files),
    (error) => isFault(error, code),
    JSON.stringify(paths),
  );
}

test('a volume has 64 MiB, its type and its label', () => {
  const { bytes, sizeBytes } = build(new Map([['a', Buffer.from('x')]]));
  const volume = Buffer.from(bytes);
  assert.equal(sizeBytes, 64 * MIB);
  assert.equal(sizeBytes, VFAT_BYTES);
  assert.ok(bytes.length < MIB, 'what is not in use is not there');
  assert.equal(volume.toString('latin1', 43, 62), 'config-2   FAT16   ');
  assert.equal(volume.readUInt32LE(32) * 512, sizeBytes);
});

test('the same files give the same bytes in any order, and others another volume id', () => {
  const files = new Map([
    ['b/two', Buffer.from('2')],
    ['a/one', Buffer.from('1')],
    ['a/three', Buffer.from('3')],
  ]);
  const volume = Buffer.from(build(files).bytes);
  assert.ok(volume.equals(build(new Map([...files].reverse())).bytes));
  const other = Buffer.from(build(new Map([...files, ['a/one', Buffer.from('x')]])).bytes);
  assert.notEqual(other.readUInt32LE(39), volume.readUInt32LE(39));
  const moved = Buffer.from(build(new Map([['a/one', Buffer.from('1')]]), 'cidata').bytes);
  assert.notEqual(moved.readUInt32LE(39), volume.readUInt32LE(39));
});

test('short names keep what is 8.3 in all but case, number the rest, and never meet', () => {
  const names = [
    'latest',
    'USER_D~1',
    'user_data',
    'user_date',
    'meta_data.json',
    '.hidden',
    'a.b.c',
    'grüße',
    '日',
  ];
  assert.deepEqual(
    [...shortNames(names)],
    [
      ['latest', 'LATEST     '],
      ['USER_D~1', 'USER_D~1   '],
      ['user_data', 'USER_D~2   '],
      ['user_date', 'USER_D~3   '],
      ['meta_data.json', 'META_D~1JSO'],
      ['.hidden', 'HIDDEN~1   '],
      ['a.b.c', 'AB~1    C  '],
      ['grüße', 'GR__E~1    '],
      ['日', '_~1        '],
    ],
  );
  const many = Array.from({ length: 1500 }, (_, at) => `a-long-name-${at}`);
  const shorts = [...shortNames(many).values()];
  assert.equal(new Set(shorts).size, 1500);
  assert.ok(shorts.every((short) => short.length === 11));
  assert.equal(shorts.at(-1), 'A-L~1500   ');
});

test('names that VFAT does not take are refused', () => {
  for (const name of [
    '',
    '.',
    '..',
    'a.',
    'a ',
    ' a',
    'a:b',
    'a\\b',
    'a*',
    'a?',
    'a"',
    'a|',
    'a\nb',
    '\ud800',
    'x'.repeat(256),
  ]) {
    refuses('VFAT_PATH_INVALID', [name]);
    refuses('VFAT_PATH_INVALID', [`${name}/file`]);
  }
  refuses('VFAT_PATH_INVALID', [`${'d/'.repeat(32)}file`]);
});

test('names that differ in case alone, and a file that is a directory too, are refused', () => {
  refuses('VFAT_PATH_CONFLICT', ['a', 'A']);
  refuses('VFAT_PATH_CONFLICT', ['dir/a', 'DIR/b']);
  refuses('VFAT_PATH_CONFLICT', ['a', 'a/b']);
  refuses('VFAT_PATH_CONFLICT', ['a/b', 'a']);
});

test('files, root names and directories that do not fit are refused, and what just fits is not', () => {
  const room = VFAT_BYTES - 4 * 512 - 2 * 128 * 512 - 512 * 32;
  assert.equal(build(new Map([['a', new Uint8Array(room)]])).bytes.length, VFAT_BYTES);
  const tooLarge = (files: ReadonlyMap<string, Uint8Array>) =>
    assert.throws(
      () => build(files),
      (error) => isFault(error, 'VFAT_TOO_LARGE'),
    );
  tooLarge(new Map([['a', new Uint8Array(room + 1)]]));
  const names = (count: number, length: number) =>
    new Map(
      Array.from({ length: count }, (_, at) => [`${at}`.padStart(length, 'n'), new Uint8Array()] as const),
    );
  assert.ok(build(names(255, 9)).bytes.length > 0); // two entries each, and the label
  tooLarge(names(256, 9));
  const below = (count: number) =>
    new Map([...names(count, 255)].map(([name, bytes]) => [`d/${name}`, bytes]));
  assert.ok(build(below(3120)).bytes.length > 2 * MIB);
  tooLarge(below(3121));
});

test('a label that no volume can have, and a date that no entry can have, are refused', () => {
  for (const label of ['', 'twelve-chars', 'a b', 'ä'])
    assert.throws(
      () => build(new Map(), label),
      (error) => isFault(error, 'VFAT_LABEL_INVALID'),
    );
  const date = new Date(Date.UTC(1979, 11, 31));
  assert.throws(
    () => buildVfat({ volumeLabel: 'a', files: new Map(), date }),
    (error) => isFault(error, 'VFAT_LABEL_INVALID'),
  );
});
