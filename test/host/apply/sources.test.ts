// Images of a file that are fetched: by an address with a digest, and a vendor's by its name, both from a server of the test.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { applyFile, settleFile, stepsIn } from './applied.ts';

const server = createServer((request, response) => answer(request.url ?? '', response));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const world = await World.make(`image_mirrors: { debian: "${address}/vendor" }`);
after(async () => {
  server.close();
  await world[Symbol.asyncDispose]();
});

const asked: string[] = [];
let images: readonly Buffer[] = [];
/** Which of them is at the address. */
let present = 0;

function answer(url: string, response: ServerResponse): void {
  asked.push(url);
  const name = url.split('/').at(-1) ?? '';
  if (!name.startsWith('SHA512SUMS')) return void response.end(images[url.startsWith('/own/') ? present : 0]);
  const digest = digestOf('sha512', 0);
  const names = ['debian-12-generic-amd64.qcow2', 'debian-12-generic-arm64.qcow2'];
  response.end(names.map((one) => `${digest}  ${one}\n`).join(''));
}

function digestOf(algorithm: string, at: number): string {
  return createHash(algorithm)
    .update(images[at] ?? Buffer.alloc(0))
    .digest('hex');
}

/** Those at the address, and those of the catalogue. */
async function write(sha256: string): Promise<string> {
  const file = join(world.stateDir, 'images.yaml');
  await writeFile(
    file,
    `novalet: 1
images:
  own: { url: ${address}/own/disk.qcow2, sha256: ${sha256} }
  vendor: { catalogue: "debian:12", min_ram: 256, properties: { hw_disk_bus: scsi } }
`,
  );
  return file;
}

before(async () => {
  const sizes = ['20M', '30M'];
  images = await Promise.all(
    sizes.map(async (size) => {
      const path = join(world.stateDir, `${size}.qcow2`);
      await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', path, size]);
      return await readFile(path);
    }),
  );
});

test('an image that is not what its digest says is not taken, and the file goes on when it is right', async () => {
  const wrong = await applyFile(world, await write('0'.repeat(64)));
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.stderr, /CHECKSUM_MISMATCH/);
  assert.deepEqual(
    stepsIn(wrong).map((step) => step.split(':')[0]),
    ['own create none failed', 'vendor create none not_done'],
  );
  const compute = await world.compute();
  assert.deepEqual(await compute.images.list(), []);
  const done = await settleFile(world, await write(digestOf('sha256', 0)));
  assert.deepEqual(done, ['own create none done: source sha256', 'vendor create none done: source']);
  const [own, vendor] = await Promise.all(['own', 'vendor'].map((name) => compute.images.show(name)));
  assert.equal(own?.virtualSizeBytes, 20 * 1024 ** 2);
  assert.equal(vendor?.minRamMiB, 256);
  assert.deepEqual(
    ['os_distro', 'hw_disk_bus'].map((key) => vendor?.properties[key]),
    ['debian', 'scsi'],
  );
});

test('what is there is not asked for again', async () => {
  asked.length = 0;
  assert.deepEqual(await settleFile(world, await write(digestOf('sha256', 0))), []);
  assert.deepEqual(asked, []);
});

test('another digest is fetched with leave, from the same address', async () => {
  present = 1;
  const file = await write(digestOf('sha256', 1));
  const refused = await applyFile(world, file);
  assert.equal(refused.status, 8, refused.stderr);
  const done = await settleFile(world, file, '--allow-replace');
  assert.deepEqual(done, ['own replace replace done: sha256']);
  const own = await (await world.compute()).images.show('own');
  assert.equal(own.virtualSizeBytes, 30 * 1024 ** 2);
});
