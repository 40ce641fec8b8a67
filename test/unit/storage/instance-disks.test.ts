import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB } from '../../../src/base/index.ts';
import { rootDiskBytes } from '../../../src/storage/index.ts';

const image = { name: 'debian', virtualSizeBytes: 2 * GIB };

test('a root disk is as large as the flavor says, and as the image where it says 0', () => {
  assert.equal(rootDiskBytes({ name: 'f', rootGiB: 20 }, image), 20 * GIB);
  assert.equal(rootDiskBytes({ name: 'f', rootGiB: 2 }, image), 2 * GIB);
  assert.equal(rootDiskBytes({ name: 'f', rootGiB: 0 }, image), 2 * GIB);
});

test('a flavor whose root disk is smaller than the image is refused, and the message names a size that fits', () => {
  assert.throws(() => rootDiskBytes({ name: 'm1.tiny', rootGiB: 1 }, image), {
    code: 'FLAVOR_DISK_SMALLER_THAN_IMAGE',
    kind: 'invalid',
    hint: /at least 2 GiB/,
    message: /m1\.tiny.*debian/,
  });
});
