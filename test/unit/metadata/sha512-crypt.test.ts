import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Secret } from '../../../src/base/index.ts';
import { saltFrom, sha512Crypt } from '../../../src/metadata/sha512-crypt.ts';

test('the hash is the one of the specification', () => {
  const hash = sha512Crypt(new Secret('Hello world!'), 'saltstring');
  const expected =
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1';
  assert.equal(hash, expected);
});

test('any password hashes as it does elsewhere, at every length around the digest and its multiples', () => {
  for (const length of [1, 15, 16, 63, 64, 65, 127, 128, 129, 200]) {
    const password = 'pa$x'.repeat(length).slice(0, length);
    const salt = saltFrom(Buffer.alloc(16, length));
    const { stdout } = spawnSync('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], {
      input: password,
      encoding: 'utf8',
    });
    assert.equal(sha512Crypt(new Secret(password), salt), stdout.trim(), `length ${length}`);
  }
});

test('a salt that crypt would misread is refused', () => {
  for (const salt of ['', 'a$b', 'x'.repeat(17), 'ü'])
    assert.throws(() => sha512Crypt(new Secret('x'), salt), /salt/);
});
