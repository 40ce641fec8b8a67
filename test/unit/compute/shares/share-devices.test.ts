// Shared folders in the domain of an instance: what each driver needs, and nothing in a domain that shares none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareDevices, withSharedMemory } from '../../../../src/compute/shares/share-devices.ts';
import { type Element, serializeXml } from '../../../../src/libvirt-xml/index.ts';
import type { Share } from '../../../../src/model/index.ts';

const DATA: Share = { tag: 'data', path: '/srv/data', driver: 'virtiofs', readOnly: false };
const OLD: Share = { tag: 'old', path: '/srv/"old"', driver: '9p', readOnly: true };

function elementOf(share: Share): string {
  const [device] = shareDevices([share]);
  assert.ok(device?.kind === 'raw');
  const element: Element = device.element;
  return serializeXml(element).replace(/\s*\n\s*/g, '');
}

test('virtiofs passes through, and 9p maps owners into attributes and keeps to reading', () => {
  assert.equal(
    elementOf(DATA),
    '<filesystem type="mount" accessmode="passthrough"><driver type="virtiofs"/><source dir="/srv/data"/><target dir="data"/></filesystem>',
  );
  assert.equal(
    elementOf(OLD),
    '<filesystem type="mount" accessmode="mapped" multidevs="remap"><driver type="path"/><source dir="/srv/&quot;old&quot;"/><target dir="old"/><readonly/></filesystem>',
  );
});

test('only virtiofs needs memory that others may read, beside what the guest has of it already', () => {
  const pages = { hugePages: [{ sizeKiB: 2048, cell: 0 }], sharesPages: false, locked: true };
  assert.equal(withSharedMemory(null, [OLD]), null);
  assert.equal(withSharedMemory(pages, []), pages);
  assert.deepEqual(withSharedMemory(pages, [OLD, DATA]), { ...pages, isShared: true });
  assert.deepEqual(withSharedMemory(null, [DATA]), {
    ...{ hugePages: [], sharesPages: true, locked: false, isShared: true },
  });
});
