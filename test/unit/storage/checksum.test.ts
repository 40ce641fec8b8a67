import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../src/base/index.ts';
import { findDigest, parseChecksum } from '../../../src/storage/fetch/checksum.ts';
import { parseUrl, printable } from '../../../src/storage/fetch/image-source.ts';
import { parseImageSource } from '../../../src/storage/index.ts';

const find = (text: string, isOwn = false) => findDigest({ text, where: 'the list', isOwn }, 'disk.img');

const A = 'a'.repeat(64);
const B = 'b'.repeat(128);

test('checksums are read as people write them', () => {
  const digest = { algorithm: 'sha256', hex: A };
  assert.deepEqual(parseChecksum(`sha256:${A}`), { kind: 'digest', digest });
  assert.deepEqual(parseChecksum(`SHA-256:${A.toUpperCase()}`), { kind: 'digest', digest });
  assert.deepEqual(parseChecksum(A), { kind: 'digest', digest });
  assert.deepEqual(parseChecksum(`md5:${'0'.repeat(32)}`), {
    kind: 'digest',
    digest: { algorithm: 'md5', hex: '0'.repeat(32) },
  });
  assert.deepEqual(parseChecksum('https://x/SHA256SUMS'), { kind: 'list', location: 'https://x/SHA256SUMS' });
  assert.deepEqual(parseChecksum('/tmp/SUMS'), { kind: 'list', location: '/tmp/SUMS' });
});

test('what is no checksum is CHECKSUM_INVALID', () => {
  for (const text of [
    '',
    'sha256:',
    `sha512:${A}`,
    `sha256:${A}0`,
    'crc32:00000000',
    `sha256:${'g'.repeat(64)}`,
  ]) {
    assert.throws(() => parseChecksum(text), { code: 'CHECKSUM_INVALID', kind: 'invalid' }, text);
  }
});

const LISTS = [
  ['GNU text', `${A}  disk.img`],
  ['GNU binary', `${A} *disk.img`],
  ['GNU with a folder', `${A}  ./images/disk.img`],
  ['BSD', `SHA256 (disk.img) = ${A}`],
  ['OpenSSL', `SHA2-256(disk.img)= ${A}`],
  ['upper case and CRLF', `${A.toUpperCase()}  disk.img\r`],
  ['bare', `${A}\n`],
  [
    'signed',
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${A}  disk.img\n-----BEGIN PGP SIGNATURE-----\nabc\n`,
  ],
] as const;

for (const [name, list] of LISTS) {
  test(`a ${name} list is read`, () => {
    assert.deepEqual(find(`\n${list}\n`), { algorithm: 'sha256', hex: A });
  });
}

test('the strongest digest of a file wins, and another file’s is never taken', () => {
  assert.equal(find(`${A}  disk.img\nSHA512 (disk.img) = ${B}`).hex, B);
  assert.equal(find(`${B}  disk.img\n${A}  disk.img`).hex, B);
  for (const text of ['', `${A}  xdisk.img`, `${A}\n${A}`]) {
    assert.throws(() => find(text), { code: 'CHECKSUM_NOT_LISTED' });
  }
});

test('a list that is the file’s own by name may call the file by its long name', () => {
  assert.equal(find(`${A}  disk-20260101.img`, true).hex, A);
  assert.throws(() => find(`${A}  disk-1.img\n${A}  disk-2.img`, true), { code: 'CHECKSUM_NOT_LISTED' });
});

test('no list makes the search throw anything but a Fault', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), fc.boolean(), (list, isOwn) => {
      try {
        find(list, isOwn);
      } catch (error) {
        assert.ok(error instanceof Fault);
      }
    }),
  );
});

test('sources are files or web addresses', () => {
  assert.deepEqual(parseImageSource('/a/b.img'), { kind: 'file', path: '/a/b.img' });
  assert.equal(parseImageSource('b.img').kind, 'file');
  assert.deepEqual(parseImageSource('https://x/y.img'), { kind: 'url', url: 'https://x/y.img' });
  for (const text of ['ftp://x/y', 'file:///etc/shadow', 'nbd://x']) {
    assert.throws(() => parseImageSource(text), { code: 'URL_INVALID' });
  }
});

test('a printed URL holds no secret', () => {
  assert.equal(printable('https://user:pass@host:8/path?token=1'), 'https://host:8/path');
  assert.equal(printable('https://user:pa ss@ho st/x?y'), 'https://ho st/x');
  assert.throws(
    () => parseUrl('ftp://u:secret@h/'),
    (error: Error) => !error.message.includes('secret'),
  );
});
