// Images from files and from a vendor's mirror, and when their bases go.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const mirror = createServer((request, response) => void answer(request.url ?? '', response));
await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
const world = await World.make(`image_mirrors: { debian: "${address}" }`);
after(async () => {
  mirror.close();
  await world[Symbol.asyncDispose]();
});

const asked: string[] = [];
let image = Buffer.alloc(0);

/** Plays the vendor: any image is the same one, beside a list of checksums. */
async function answer(url: string, response: import('node:http').ServerResponse): Promise<void> {
  asked.push(url);
  const file = url.split('/').at(-1) ?? '';
  if (!file.startsWith('SHA512SUMS')) return void response.end(image);
  const digest = createHash('sha512').update(image).digest('hex');
  const names = ['debian-12-generic-amd64.qcow2', 'debian-12-generic-arm64.qcow2'];
  response.end(names.map((name) => `${digest}  ${name}\n`).join(''));
}

before(async () => {
  const path = join(world.stateDir, 'vendor.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', path, '300M']);
  image = await readFile(path);
});

test("a vendor's image is pulled by its name, held to the vendor's checksums, from the mirror that is configured", async () => {
  const pulled = await world.novalet(['image', 'pull', 'debian:12', '-o', 'json']);
  assert.equal(pulled.status, 0, pulled.stderr);
  const shown = JSON.parse(pulled.stdout);
  assert.equal(shown.name, 'debian:12');
  assert.equal(shown.properties.os_distro, 'debian');
  assert.ok(
    asked.some((url) => url.endsWith('.qcow2')) && asked.some((url) => url.endsWith('SHA512SUMS')),
    asked.join(' '),
  );
  const unknown = await world.novalet(['image', 'pull', 'debian:99']);
  assert.equal(unknown.status, 3);
  assert.match(unknown.stderr, /CATALOGUE_IMAGE_UNKNOWN/);
});

for (const [program, args, ending] of [
  ['xz', ['-k'], 'xz'],
  ['gzip', ['-k'], 'gz'],
  ['zstd', ['-q'], 'zst'],
] as const) {
  test(`an image packed with ${program} is unpacked as it is added, whatever it is called`, async () => {
    const path = join(world.stateDir, `packed-${program}.qcow2`);
    await writeFile(path, image);
    await runProgram(program, [...args, path]);
    const digest = createHash('sha256')
      .update(await readFile(`${path}.${ending}`))
      .digest('hex');
    const added = await world.novalet([
      'image',
      'add',
      `${path}.${ending}`,
      '--checksum',
      `sha256:${digest}`,
      '-o',
      'json',
    ]);
    assert.equal(added.status, 0, added.stderr);
    const { name, sha256, virtual_size_bytes: size } = JSON.parse(added.stdout);
    assert.deepEqual([name, sha256], [`packed-${program}`, createHash('sha256').update(image).digest('hex')]);
    assert.equal(size, 300 * 1024 ** 2);
  });
}

test('an image in use can be removed; its base goes with the last instance over it', async () => {
  const bases = () => readdir(join(world.stateDir, 'state', 'instances', '_base'));
  const launched = await world.novalet(['launch', 'packed-xz', '--name', 'user', '--network', 'none']);
  assert.equal(launched.status, 0, launched.stderr);
  assert.equal((await bases()).length, 1);
  assert.equal((await world.novalet(['image', 'remove', 'packed-xz'])).status, 0);
  assert.equal((await bases()).length, 1);
  assert.equal((await world.novalet(['delete', 'user'])).status, 0);
  assert.deepEqual(await bases(), []);
});

test('the kernel of an image that is there cannot be removed', async () => {
  await world.minimalImage();
  await world.closeCompute();
  const refused = await world.novalet(['image', 'remove', 'minimal-kernel']);
  assert.equal(refused.status, 4);
  assert.match(refused.stderr, /IMAGE_IN_USE/);
});

test('a recipe whose kernel would have a name that is taken is refused before anything is built', async () => {
  assert.equal((await world.novalet(['image', 'remove', 'minimal'])).status, 0);
  const before = (await world.novalet(['image', 'list', '-o', 'json'])).stdout;
  const refused = await world.novalet(['image', 'build', 'minimal']);
  assert.equal(refused.status, 4);
  assert.match(refused.stderr, /minimal-kernel.*IMAGE_EXISTS/s);
  assert.equal((await world.novalet(['image', 'list', '-o', 'json'])).stdout, before);
});
