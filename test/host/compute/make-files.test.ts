// What is missing of an instance's files is made again, and nothing that would hide that data are lost.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSettings } from '../../../src/app/configuration.ts';
import { isFault } from '../../../src/base/index.ts';
import { makeMissingFiles } from '../../../src/compute/make-files.ts';
import { closeTools, makeTools } from '../../../src/compute/make-tools.ts';
import { statePaths } from '../../../src/compute/paths.ts';
import type { Tools } from '../../../src/compute/tools.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Disk, Image, Instance } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { withScratch } from '../storage/scratch.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {} };
const disk = (role: Disk['role'], fileName: string, sizeBytes: number): Disk => ({
  role,
  fileName,
  format: role === 'config' ? 'raw' : 'qcow2',
  device: role === 'config' ? 'cdrom' : 'disk',
  bus: 'virtio',
  target: fileName,
  sizeBytes,
});

interface Scene {
  readonly tools: Tools;
  readonly instance: Instance;
  /** Of the instance. */
  readonly directory: string;
}

test('everything that is missing is made, and a second time nothing', async () => {
  await withInstance(async ({ tools, instance, directory }) => {
    const made = await makeMissingFiles(tools, instance, { allowNewRoot: true });
    const names = ['disk', 'disk.config', 'disk.local', 'disk.swap', 'kernel'];
    assert.deepEqual([...made].sort(), [directory, ...names.map((name) => join(directory, name))]);
    assert.deepEqual((await readdir(directory)).sort(), names);
    assert.deepEqual(await makeMissingFiles(tools, instance), []);
  });
});

test('a root disk that is gone is a fault, before anything else is made', async () => {
  await withInstance(async ({ tools, instance, directory }) => {
    await makeMissingFiles(tools, instance, { allowNewRoot: true });
    for (const name of ['disk', 'disk.swap']) await rm(join(directory, name));
    const asked = makeMissingFiles(tools, instance);
    await assert.rejects(asked, (error) => isFault(error, 'ROOT_DISK_LOST'));
    assert.deepEqual((await readdir(directory)).sort(), ['disk.config', 'disk.local', 'kernel']);
  });
});

test('a base that is gone is made again with the same content, and what was written over it is still there', async () => {
  await withInstance(async ({ tools, instance, directory }) => {
    await makeMissingFiles(tools, instance, { allowNewRoot: true });
    const root = join(directory, 'disk');
    await runProgram('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x41 4096 512', root]);
    const before = await contentOf(root);
    await rm(tools.paths.base, { recursive: true });
    await rm(join(directory, 'disk.local')); // it lay over a filesystem that is gone too
    const made = await makeMissingFiles(tools, instance);
    // An overlay over a new swap area would be neither the old one nor the new one.
    assert.deepEqual(made, [join(directory, 'disk.local'), join(directory, 'disk.swap')]);
    assert.ok(before.equals(await contentOf(root)));
  });
});

test('an ephemeral disk whose filesystem is gone is told, since another filesystem would not fit under it', async () => {
  await withInstance(async ({ tools, instance }) => {
    await makeMissingFiles(tools, instance, { allowNewRoot: true });
    const [filesystem = ''] = (await readdir(tools.paths.base)).filter((name) =>
      name.startsWith('ephemeral'),
    );
    await rename(join(tools.paths.base, filesystem), join(tools.paths.base, 'elsewhere'));
    const asked = makeMissingFiles(tools, instance);
    await assert.rejects(asked, (error) => isFault(error, 'DISK_BASE_LOST'));
  });
});

test('what an image that is gone was needed for is told by the name of the image', async () => {
  await withInstance(async ({ tools, instance, directory }) => {
    await makeMissingFiles(tools, instance, { allowNewRoot: true });
    await rm(join(directory, 'kernel'));
    tools.store.images.remove(String(instance.image.properties['kernel_id']));
    await assert.rejects(makeMissingFiles(tools, instance), (error) => isFault(error, 'SOURCE_IMAGE_GONE'));
  });
});

test('a disk that lies over itself is told, and not followed for ever', async () => {
  await withInstance(async ({ tools, instance, directory }) => {
    await makeMissingFiles(tools, instance, { allowNewRoot: true });
    const { paths } = tools;
    const [base = ''] = (await readdir(paths.base)).filter((name) => /^[0-9a-f]{40}$/.test(name));
    await rm(join(paths.base, base));
    await symlink(join(directory, 'disk'), join(paths.base, base));
    const asked = makeMissingFiles(tools, instance);
    await assert.rejects(asked, (error) => isFault(error, 'DISK_CHAIN_ENDLESS'));
  });
});

/** An instance with every kind of file, of which none is there yet. */
async function withInstance(work: (scene: Scene) => Promise<void>): Promise<void> {
  await withScratch(async (directory) => {
    const configFile = join(directory, 'novalet.yaml');
    await writeFile(configFile, `state_dir: ${directory}/state\n`);
    const settings = await loadSettings({ configFile, env: {}, uid: 0 });
    const paths = statePaths(settings.stateDir);
    await mkdir(paths.images, { recursive: true });
    const tools = makeTools(settings, openStore(paths.database), { log: silent, version: '0' });
    try {
      const image = await storedImage(tools, 'disk-image', 'raw');
      const kernel = await storedImage(tools, 'kernel-image', 'aki');
      const instance = anInstance({
        vmState: 'stopped',
        image: { id: image.id, name: image.name, properties: { kernel_id: kernel.id } },
        disks: [
          disk('root', 'disk', 2 ** 21),
          disk('ephemeral', 'disk.local', 2 ** 30),
          disk('swap', 'disk.swap', 2 ** 25),
          disk('config', 'disk.config', 0),
        ],
      });
      tools.store.instances.insert(instance);
      await work({ tools, instance, directory: join(paths.instances, instance.id) });
    } finally {
      await closeTools(tools);
    }
  });
}

async function storedImage(tools: Tools, name: string, diskFormat: Image['diskFormat']): Promise<Image> {
  const content = Buffer.alloc(2 ** 20, `${name} `);
  const image: Image = {
    id: `44444444-0000-4000-8000-00000000000${diskFormat === 'raw' ? 1 : 2}`,
    name,
    diskFormat,
    minDiskGiB: 0,
    minRamMiB: 0,
    sizeBytes: content.length,
    virtualSizeBytes: content.length,
    sha256: '',
    properties: {},
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  await writeFile(join(tools.paths.images, image.id), content);
  tools.store.images.insert(image);
  return image;
}

/** As a guest would read it. */
async function contentOf(path: string): Promise<Buffer> {
  const flat = `${path}.flat`;
  await runProgram('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', path, flat]);
  const { size } = await stat(flat);
  assert.equal(size, 2 ** 21);
  const content = await readFile(flat);
  await rm(flat);
  return content;
}
