import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { TAR_END, TarReader, tarPadding, writeTarHeader } from '../../../../src/storage/archive/index.ts';

const THEN = new Date('2026-01-02T03:04:05Z');
const GIB = 1024 ** 3;

test('what was written is read again, whole, in pieces of a byte and of any other length', async () => {
  const archive = tar([
    ['manifest.json', Buffer.from('{}')],
    ['disks/disk', Buffer.alloc(1500, 7)],
    ['empty', Buffer.alloc(0)],
    ['block', Buffer.alloc(512, 9)],
  ]);
  for (const length of [1, 7, 512, 513, archive.length]) {
    const found: [string, number, number][] = [];
    const reader = new TarReader(pieces(archive, length));
    for (let member = await reader.next(); member !== undefined; member = await reader.next()) {
      const content = await reader.whole(10_000);
      found.push([member.name, member.bytes, content.reduce((sum, byte) => sum + byte, 0)]);
    }
    assert.deepEqual(found, [
      ['manifest.json', 2, 123 + 125],
      ['disks/disk', 1500, 1500 * 7],
      ['empty', 0, 0],
      ['block', 512, 512 * 9],
    ]);
  }
});

test('a member that nobody read is passed over', async () => {
  const reader = new TarReader(
    pieces(
      tar([
        ['a', Buffer.alloc(3000, 1)],
        ['b', Buffer.from('b')],
      ]),
      100,
    ),
  );
  await reader.next();
  assert.deepEqual(await reader.next(), { name: 'b', bytes: 1 });
});

test('a size beyond 8 GiB goes into a record and comes back', async () => {
  for (const bytes of [8 * GIB - 1, 8 * GIB, 5000 * GIB]) {
    const reader = new TarReader(pieces(writeTarHeader({ name: 'disk', bytes }, THEN), 512));
    assert.deepEqual(await reader.next(), { name: 'disk', bytes });
  }
});

test("GNU's own way to write a large size is read", async () => {
  const header = writeTarHeader({ name: 'disk', bytes: 0 }, THEN);
  header.fill(0, 124, 136);
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(9 * GIB), 128);
  const reader = new TarReader(pieces(resealed(header), 512));
  assert.deepEqual(await reader.next(), { name: 'disk', bytes: 9 * GIB });
});

test('an archive that was cut short anywhere is refused', async () => {
  const archive = tar([['a', Buffer.alloc(700, 1)]]);
  for (let bytes = 0; bytes < archive.length; bytes += 1) {
    await assert.rejects(readAll(archive.subarray(0, bytes)), invalid(/ends too early/));
  }
});

test('what is no plain file is refused by name', async () => {
  for (const [type, words] of [
    ['1', 'a hard link'],
    ['2', 'a symbolic link'],
    ['3', 'a character device'],
    ['4', 'a block device'],
    ['5', 'a directory'],
    ['6', 'a pipe'],
    ['g', 'records for the whole archive'],
    ['L', 'a long name'],
    ['S', 'a sparse file'],
    ['?', 'something unknown'],
  ] as const) {
    const header = writeTarHeader({ name: 'x', bytes: 0 }, THEN);
    header.write(type, 156, 'latin1');
    const archive = Buffer.concat([resealed(header), TAR_END]);
    await assert.rejects(readAll(archive), invalid(new RegExp(`"x" is ${words.replace('?', '')}`)));
  }
});

test('a header that was changed, a foreign file and a torn end are refused', async () => {
  const archive = tar([['a', Buffer.from('a')]]);
  const changed = Buffer.from(archive);
  changed[0] = 0x62;
  await assert.rejects(readAll(changed), invalid(/checksum/));
  await assert.rejects(readAll(Buffer.alloc(1024, 'novalet')), invalid(/not a tar file/));
  const torn = Buffer.concat([archive.subarray(0, 1536), archive.subarray(0, 512)]);
  await assert.rejects(readAll(torn), invalid(/end is torn/));
  await assert.rejects(
    readAll(Buffer.concat([archive, Buffer.from('more')])),
    invalid(/goes on after its end/),
  );
  await assert.rejects(
    readAll(Buffer.concat([archive, Buffer.alloc(2 ** 21)])),
    invalid(/goes on after its end/),
  );
});

test('sizes and records that cannot be are refused before anything is read for them', async () => {
  const negative = writeTarHeader({ name: 'x', bytes: 0 }, THEN);
  negative[124] = 0xff;
  await assert.rejects(readAll(resealed(negative)), invalid(/out of bounds/));
  const huge = writeTarHeader({ name: 'x', bytes: 0 }, THEN);
  huge.fill(0xff, 125, 136);
  huge[124] = 0x80;
  await assert.rejects(readAll(resealed(huge)), invalid(/out of bounds/));
  for (const records of [
    '99 size=1\n',
    'x size=1\n',
    '9 size=1 ',
    '12 size=-1\n\n',
    '26 size=99999999999999999\n',
  ]) {
    await assert.rejects(readAll(withRecords(records)), invalid(/cannot be read|out of bounds/));
  }
  await assert.rejects(readAll(withRecords('22 GNU.sparse.major=1\n')), invalid(/sparse/));
  const many = writeTarHeader({ name: 'x', bytes: 0o77777777 }, THEN);
  many.write('x', 156, 'latin1');
  await assert.rejects(readAll(resealed(many)), invalid(/bytes of records/));
});

function tar(members: readonly (readonly [string, Buffer])[]): Buffer {
  const parts = members.flatMap(([name, content]) => [
    writeTarHeader({ name, bytes: content.length }, THEN),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

function withRecords(records: string): Buffer {
  const header = writeTarHeader({ name: 'x', bytes: records.length }, THEN);
  header.write('x', 156, 'latin1');
  const file = writeTarHeader({ name: 'x', bytes: 0 }, THEN);
  return Buffer.concat([
    resealed(header),
    Buffer.from(records, 'latin1'),
    tarPadding(records.length),
    file,
    TAR_END,
  ]);
}

/** With the checksum of what it now says. */
function resealed(header: Buffer): Buffer {
  header.write('        ', 148, 'latin1');
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

async function* pieces(bytes: Buffer, length: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function readAll(bytes: Buffer): Promise<void> {
  const reader = new TarReader(pieces(bytes, 600));
  while ((await reader.next()) !== undefined);
}

function invalid(message: RegExp): (error: unknown) => boolean {
  return (error) => isFault(error, 'ARCHIVE_INVALID') && message.test(error.message);
}
