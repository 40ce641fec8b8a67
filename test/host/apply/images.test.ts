// An image of a file whose content is another one: the old one stays until the new one is whole.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isFault } from '../../../src/base/index.ts';
import type { Manifest } from '../../../src/compute/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A raw disk that begins with a word. */
function disk(word: string): Buffer {
  const bytes = Buffer.alloc(1024 * 1024);
  bytes.write(word);
  return bytes;
}

/** Writes the source, and a wish for it with its digest, or with one that is not its own. */
async function wish(bytes: Buffer, digest = sha256(bytes)): Promise<Manifest> {
  const source = join(world.stateDir, 'source');
  await writeFile(source, bytes);
  const image = { name: 'os', from: { kind: 'source', source }, sha256: digest, diskFormat: 'raw' } as const;
  return { images: [image], flavors: [], networks: [], ports: [], instances: [] };
}

const files = async () => await readdir(join(world.stateDir, 'state', 'images'));

test('another digest is fetched with leave alone, and only then the old file goes', async () => {
  const { manifests, images } = await world.compute();
  await manifests.apply(await wish(disk('one')));
  const before = await images.show('os');
  const second = await wish(disk('two'));
  await assert.rejects(manifests.apply(second, { allowRestart: true }), (error: unknown) =>
    isFault(error, 'APPLY_NOT_ALLOWED'),
  );
  const wrong = await wish(disk('two'), '0'.repeat(64));
  await assert.rejects(manifests.apply(wrong, { allowReplace: true }), (error: unknown) =>
    isFault(error, 'CHECKSUM_MISMATCH'),
  );
  assert.deepEqual(await images.show('os'), before);
  assert.deepEqual(await files(), [before.id]);
  await manifests.apply(second, { allowReplace: true });
  const [only, ...others] = await images.list();
  assert.deepEqual(others, []);
  assert.equal(only?.sha256, sha256(disk('two')));
  assert.notEqual(only?.id, before.id);
  assert.deepEqual(await files(), [only?.id]);
  assert.deepEqual(
    (await manifests.compare(second)).map(({ action }) => action),
    ['none'],
  );
});

test('what a killed process fetched in place of another goes when the file is given again', async () => {
  const { manifests, images } = await world.compute();
  const { id } = await images.show('os');
  const third = await wish(disk('three'));
  await images.add({
    source: join(world.stateDir, 'source'),
    name: `os.replacing-${id.slice(0, 8)}`,
    diskFormat: 'raw',
  });
  await manifests.apply(third, { allowReplace: true });
  assert.deepEqual(
    (await images.list()).map(({ name }) => name),
    ['os'],
  );
  assert.equal((await files()).length, 1);
});

test('a packed source is known again by its own digest', async () => {
  const { manifests, images } = await world.compute();
  const packed = await wish(gzipSync(disk('four')));
  await manifests.apply(packed, { allowReplace: true });
  assert.equal((await images.show('os')).sha256, sha256(disk('four')));
  assert.deepEqual(
    (await manifests.compare(packed)).map(({ action }) => action),
    ['none'],
  );
  await manifests.remove(packed, { all: true });
  assert.deepEqual([await images.list(), await files()], [[], []]);
});
