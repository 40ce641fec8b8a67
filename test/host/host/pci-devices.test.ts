// A made-up sysfs: no machine of ours has both an IOMMU and a card with virtual functions (docs/unverified.md).
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPciDevices } from '../../../src/host/index.ts';

function plug(root: string, address: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(root, address));
  for (const [name, text] of Object.entries(files)) {
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(root, address, name));
    else writeFileSync(join(root, address, name), `${text}\n`);
  }
}

test('devices of sysfs are read with their functions and IOMMU groups, and nothing else is', () => {
  const pciDevices = mkdtempSync(join(tmpdir(), 'nvt-pci-'));
  try {
    plug(pciDevices, '0000:5e:00.0', { vendor: '0x8086', device: '0x1572', sriov_totalvfs: '64' });
    plug(pciDevices, '0000:5e:02.0', {
      vendor: '0x8086',
      device: '0x154c',
      physfn: '-> ../0000:5e:00.0',
      iommu_group: '-> ../../../kernel/iommu_groups/41',
      numa_node: '1',
    });
    plug(pciDevices, '0000:00:1f.3', {
      vendor: '0x8086',
      device: '0xa348',
      sriov_totalvfs: '0',
      numa_node: '-1',
    });
    plug(pciDevices, '0000:00:1f.4', { vendor: 'nonsense', device: '0xa348' });
    plug(pciDevices, '0000:00:1f.5', { vendor: '0x8086' });
    plug(pciDevices, 'no-address', { vendor: '0x8086', device: '0xa348' });
    const plain = { physicalFunction: null, iommuGroup: null, numaNode: null };
    assert.deepEqual(readPciDevices({ pciDevices }), [
      { address: '0000:00:1f.3', vendorId: '8086', productId: 'a348', type: 'type-PCI', ...plain },
      { address: '0000:5e:00.0', vendorId: '8086', productId: '1572', type: 'type-PF', ...plain },
      {
        address: '0000:5e:02.0',
        vendorId: '8086',
        productId: '154c',
        type: 'type-VF',
        physicalFunction: '0000:5e:00.0',
        iommuGroup: 41,
        numaNode: 1,
      },
    ]);
  } finally {
    rmSync(pciDevices, { recursive: true });
  }
});

test('a host without PCI has no devices', () => {
  assert.deepEqual(readPciDevices({ pciDevices: '/nonexistent' }), []);
});

test('every device of this host has an address and two ids', () => {
  for (const { address, vendorId, productId } of readPciDevices()) {
    assert.match(
      `${address} ${vendorId} ${productId}`,
      /^[0-9a-f]{4,8}(?::[0-9a-f]{2}){2}\.[0-7](?: [0-9a-f]{4}){2}$/,
    );
  }
});
