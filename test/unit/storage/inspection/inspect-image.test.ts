import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../../src/base/index.ts';
import { DISK_FORMATS } from '../../../../src/model/index.ts';
import {
  diskFormatOf,
  inspectSource,
  memorySource,
  requireSafeImage,
} from '../../../../src/storage/inspection/index.ts';
import * as headers from './image-headers.ts';

const inspect = async (bytes: Uint8Array) => await inspectSource(memorySource(bytes));
const codes = async (bytes: Uint8Array) => (await inspect(bytes)).findings.map((finding) => finding.code);

const GPT = headers.mbr([{ type: 0xee }], 512);

const CLEAN = [
  ['qcow2', headers.qcow2(), 1 << 30],
  ['qcow2', headers.qcow2({ version: 2 }), 1 << 30],
  ['qcow2', headers.qcow2({ features: 0b1001n }), 1 << 30],
  ['vmdk', headers.vmdk(), 2048 * 512],
  ['vmdk', headers.streamedVmdk(), 2048 * 512],
  ['vdi', headers.vdi(), 4096],
  ['vhd', Buffer.concat([headers.vhdFooter(), Buffer.alloc(4096), headers.vhdFooter()]), 1 << 20],
  ['vhd', Buffer.concat([Buffer.alloc(1 << 20), headers.vhdFooter(2)]), 1 << 20],
  ['vhdx', headers.vhdx(), 8 << 20],
  ['iso', headers.iso(), 40 * 1024],
  ['gpt', GPT, 65536],
  ['gpt', headers.mbr([{ type: 0x83, boot: 0x80, lba: 2048 }]), 65536],
  ['luks', headers.luks(), 4096 - 2048],
  ['raw', Buffer.alloc(10_000), 10_000],
  ['raw', Buffer.alloc(0), 0],
] as const;

for (const [index, [format, bytes, size]] of CLEAN.entries()) {
  test(`a clean ${format} is found to be one (${index})`, async () => {
    const inspection = await inspect(bytes);
    assert.equal(inspection.format, format);
    assert.equal(inspection.virtualSizeBytes, size);
    assert.deepEqual(inspection.findings, []);
    const claimed = diskFormatOf(inspection.format);
    if (claimed !== null) requireSafeImage(inspection, claimed, 'the image');
  });
}

const HOSTILE = [
  ['qcow2 with a backing file', headers.qcow2({ backing: 200n }), 'IMAGE_HAS_BACKING_FILE'],
  [
    'qcow2 with a backing file and version 2',
    headers.qcow2({ version: 2, backing: 1n }),
    'IMAGE_HAS_BACKING_FILE',
  ],
  ['qcow2 with a data file', headers.qcow2({ features: 4n }), 'IMAGE_HAS_DATA_FILE'],
  ['qcow2 with a data file name and no bit', headers.qcow2({ extension: 0x44415441 }), 'IMAGE_HAS_DATA_FILE'],
  ['qcow2 with extended L2 entries', headers.qcow2({ features: 16n }), 'IMAGE_UNSAFE'],
  ['qcow2 with a feature of the far future', headers.qcow2({ features: 1n << 63n }), 'IMAGE_UNSAFE'],
  ['qcow2 marked corrupt', headers.qcow2({ features: 2n }), 'IMAGE_CORRUPT'],
  ['qcow2 of version 1', headers.qcow2({ version: 1 }), 'IMAGE_UNSAFE'],
  ['qcow2 of version 4', headers.qcow2({ version: 4 }), 'IMAGE_UNSAFE'],
  ['encrypted qcow2', headers.qcow2({ crypt: 2 }), 'IMAGE_ENCRYPTED'],
  ['qcow2 of an impossible size', headers.qcow2({ size: 1n << 63n }), 'IMAGE_CORRUPT'],
  ['qcow2 of impossible clusters', headers.qcow2({ clusterBits: 40 }), 'IMAGE_CORRUPT'],
  ['qcow2 cut in its header', headers.qcow2().subarray(0, 80), 'IMAGE_CORRUPT'],
  ['qed', Buffer.from('QED\0aaaa'), 'IMAGE_UNSAFE'],
  ['vmdk of several files', Buffer.from('# Disk DescriptorFile\nversion=1\n'), 'IMAGE_UNSAFE'],
  ['vmdk of the old kind', headers.vmdk({ magic: 'COWD' }), 'IMAGE_UNSAFE'],
  ['vmdk of version 9', headers.vmdk({ version: 9 }), 'IMAGE_UNSAFE'],
  ['vmdk with its descriptor elsewhere', headers.vmdk({ descriptorSector: 30n }), 'IMAGE_UNSAFE'],
  [
    'vmdk with a footer of another size',
    headers.streamedVmdk((footer) => footer.writeBigUInt64LE(9n, 12)),
    'IMAGE_CORRUPT',
  ],
  ['vmdk without its footer', headers.streamedVmdk().subarray(0, 64 * 512), 'IMAGE_CORRUPT'],
  ['vdi difference', headers.vdi({ type: 4 }), 'IMAGE_HAS_BACKING_FILE'],
  ['vdi with a parent', headers.vdi({ parent: true }), 'IMAGE_HAS_BACKING_FILE'],
  ['vhd difference', headers.vhdFooter(4), 'IMAGE_HAS_BACKING_FILE'],
  ['vhd of an unknown type', headers.vhdFooter(9), 'IMAGE_UNSAFE'],
  ['vhd with a wrong checksum', Buffer.concat([Buffer.from('conectix'), Buffer.alloc(600)]), 'IMAGE_CORRUPT'],
  ['vhdx difference', headers.vhdx({ parent: true }), 'IMAGE_HAS_BACKING_FILE'],
  ['vhdx with its metadata outside', headers.vhdx({ metadataAt: 1n << 40n }), 'IMAGE_CORRUPT'],
  ['vhdx with too many regions', headers.vhdx({ count: 5000 }), 'IMAGE_CORRUPT'],
  ['vhdx cut short', headers.vhdx().subarray(0, 200_000), 'IMAGE_CORRUPT'],
  ['luks version 2', headers.luks(2), 'IMAGE_UNSAFE'],
  ['mbr with an impossible boot flag', headers.mbr([{ type: 0x83, boot: 0x42 }]), 'IMAGE_UNSAFE'],
  ['mbr without partitions', headers.mbr([]), 'IMAGE_UNSAFE'],
  ['mbr that mixes', headers.mbr([{ type: 0xee }, { type: 0x83 }], 512), 'IMAGE_UNSAFE'],
  ['protective mbr at the wrong place', headers.mbr([{ type: 0xee, lba: 7 }], 512), 'IMAGE_UNSAFE'],
  ['protective mbr alone', headers.mbr([{ type: 0xee }]), 'IMAGE_UNSAFE'],
] as const;

for (const [name, bytes, code] of HOSTILE) {
  test(`${name} is ${code}`, async () => {
    assert.ok((await codes(bytes)).includes(code), JSON.stringify(await inspect(bytes)));
  });
}

const DESCRIPTORS = [
  ['an extent with a path', 'RW 2048 SPARSE "/etc/shadow"', 'IMAGE_UNSAFE'],
  ['a flat extent', 'RW 2048 FLAT "flat.vmdk" 0', 'IMAGE_UNSAFE'],
  ['two extents', 'RW 2048 SPARSE "a"\nRW 2048 SPARSE "b"', 'IMAGE_UNSAFE'],
  ['no extent', '', 'IMAGE_UNSAFE'],
  ['a line nobody knows', 'RW 2048 SPARSE "a"\ninclude=/etc/shadow', 'IMAGE_UNSAFE'],
  ['a control character', 'RW 2048 SPARSE "a"\n\x01', 'IMAGE_UNSAFE'],
  ['text after its end', 'RW 2048 SPARSE "a"\n\0RW 1 SPARSE "b"', 'IMAGE_UNSAFE'],
  ['a parent', 'RW 2048 SPARSE "a"\nparentFileNameHint="/etc/shadow"', 'IMAGE_HAS_BACKING_FILE'],
] as const;

for (const [name, extents, code] of DESCRIPTORS) {
  test(`a vmdk descriptor with ${name} is ${code}`, async () => {
    const descriptor = headers.DESCRIPTOR.replace('RW 2048 SPARSE "disk.vmdk"', extents);
    assert.ok((await codes(headers.vmdk({ descriptor }))).includes(code));
  });
}

test('a vmdk of another create type is refused', async () => {
  const descriptor = headers.DESCRIPTOR.replace('monolithicSparse', 'monolithicFlat');
  assert.deepEqual(await codes(headers.vmdk({ descriptor })), ['IMAGE_UNSAFE']);
});

test('a bootable CD is an iso', async () => {
  const inspection = await inspect(headers.iso(headers.mbr([{ type: 0x17, boot: 0x80 }])));
  assert.equal(inspection.format, 'iso');
  assert.deepEqual(inspection.marks, ['iso', 'gpt']);
});

test('an image with the marks of two formats is refused, whatever it claims to be', async () => {
  const both = headers.iso(headers.qcow2());
  for (const claimed of ['iso', 'qcow2', 'raw'] as const) {
    const inspection = await inspect(both);
    assert.throws(() => requireSafeImage(inspection, claimed, 'x'), { code: 'IMAGE_FORMAT_AMBIGUOUS' });
  }
});

test('a qcow2 that claims to be raw is refused, and so is the reverse', async () => {
  const image = await inspect(headers.qcow2());
  assert.throws(() => requireSafeImage(image, 'raw', 'x'), { code: 'IMAGE_FORMAT_MISMATCH' });
  const raw = await inspect(Buffer.alloc(4096));
  assert.throws(() => requireSafeImage(raw, 'qcow2', 'x'), {
    code: 'IMAGE_FORMAT_MISMATCH',
    kind: 'invalid',
  });
});

test('a filesystem with a boot sector is no partitioned disk', async () => {
  const fat = headers.mbr([{ type: 0x42, boot: 0x42 }]);
  fat.write('FAT32   ', 82, 'latin1');
  assert.equal((await inspect(fat)).format, 'raw');
});

test('a kernel is not looked at as a disk', async () => {
  requireSafeImage(await inspect(headers.mbr([])), 'aki', 'x');
});

test('no bytes make the inspection throw anything but a Fault, or read outside the file', async () => {
  const samples = [...CLEAN.map(([, bytes]) => bytes), ...HOSTILE.map(([, bytes]) => bytes)];
  const change = fc.record({
    sample: fc.nat(samples.length - 1),
    cut: fc.option(fc.nat(70_000), { nil: undefined }),
    edits: fc.array(fc.tuple(fc.nat(400_000), fc.integer({ min: 0, max: 255 })), { maxLength: 24 }),
    near: fc.array(fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 })), { maxLength: 24 }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ sample, cut, edits, near }) => {
      const bytes = Buffer.from(samples[sample] ?? Buffer.alloc(0)).subarray(0, cut);
      for (const [at, value] of [...edits, ...near]) if (at < bytes.length) bytes[at] = value;
      const source = memorySource(bytes);
      const inspection = await inspectSource({
        sizeBytes: source.sizeBytes,
        read: async (offset, length) => {
          assert.ok(offset >= 0 && offset <= bytes.length && length >= 0 && length <= 1 << 20);
          return await source.read(offset, length);
        },
      });
      for (const claimed of DISK_FORMATS) {
        try {
          requireSafeImage(inspection, claimed, 'x');
        } catch (error) {
          assert.ok(error instanceof Fault);
        }
      }
    }),
    { numRuns: 500 },
  );
});
