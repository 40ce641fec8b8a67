// Where a new disk goes, and whether a running machine can take it, from documents as libvirt 9.0 writes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePlace, requireHot } from '../../../../src/compute/disks/choose-place.ts';
import type { ShownDomain } from '../../../../src/compute/disks/domain-disks.ts';
import { freeSlots } from '../../../../src/compute/free-slots.ts';
import { type Element, parseXml } from '../../../../src/libvirt-xml/index.ts';
import type { Instance } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const PORT = (index: number) => `<controller type='pci' index='${index}' model='pcie-root-port'/>`;
const ON = (bus: number, slot = 0) =>
  `<address type='pci' domain='0x0000' bus='0x0${bus}' slot='0x0${slot}' function='0x0'/>`;
const USB = `<controller type='usb' index='0' model='qemu-xhci'>${ON(1)}</controller>`;
const ROOT = `<controller type='pci' index='0' model='pcie-root'/>`;
const DISK = `<disk type='file' device='disk'><target dev='vda' bus='virtio'/>${ON(2)}</disk>`;

function devices(...parts: readonly string[]): Element {
  return parseXml(`<devices>${parts.join('')}</devices>`, 'devices');
}

const OFF: ShownDomain = { domain: null, live: null, definition: null };
const running = (live: Element): ShownDomain => ({ domain: null, live, definition: live });
const FULL = devices(ROOT, PORT(1), PORT(2), USB, DISK);
const ROOMY = devices(ROOT, PORT(1), PORT(2), PORT(3), USB, DISK);

function instance(changes: Partial<Instance> = {}): Instance {
  const { hardware, ...rest } = anInstance({ name: 'web' });
  return {
    ...rest,
    hardware: { ...hardware, machineType: 'pc-q35-7.2', cdromBus: 'sata' },
    disks: [],
    ...changes,
  };
}

test('a disk goes on virtio, a CD drive where the machine has them, and names go on from those that are there', () => {
  assert.deepEqual(choosePlace(instance(), OFF, {}), { device: 'disk', bus: 'virtio', target: 'vda' });
  assert.equal(choosePlace(instance(), running(ROOMY), {}).target, 'vdb', 'the domain has a vda');
  assert.deepEqual(choosePlace(instance(), OFF, { device: 'cdrom' }), {
    device: 'cdrom',
    bus: 'sata',
    target: 'sda',
  });
});

test('a CD drive for a running machine goes where it can be plugged in', () => {
  assert.equal(choosePlace(instance(), running(FULL), { device: 'cdrom' }).bus, 'usb');
  const scsi = choosePlace(instance(), running(devices(ROOT, PORT(1))), { device: 'cdrom' });
  assert.equal(scsi.bus, 'scsi');
  // a guest takes what is on USB for a disk
  assert.equal(choosePlace(instance(), running(ROOMY), { device: 'cdrom' }).bus, 'scsi');
});

test('root ports are free where nothing is in them, and plain PCI has 31 slots', () => {
  assert.equal(freeSlots(FULL), 0);
  assert.equal(freeSlots(ROOMY), 1);
  assert.equal(
    freeSlots(
      devices(
        `<controller type='pci' index='0' model='pci-root'/>`,
        DISK.replace("bus='0x02'", "bus='0x00'"),
      ),
    ),
    30,
  );
  assert.equal(freeSlots(devices('<controller type="usb" index="0"/>')), null, 'no PCI, nothing in the way');
});

test('without a free slot a disk is refused, with the bus that would do', () => {
  const scsi = `<controller type='scsi' index='0' model='virtio-scsi'>${ON(3)}</controller>`;
  const served = devices(ROOT, PORT(1), PORT(2), PORT(3), USB, DISK, scsi);
  const refused = (live: Element, cure: RegExp) =>
    assert.throws(
      () => choosePlace(instance(), running(live), {}),
      (error: unknown) => {
        const { code, hint } = error as { code: string; hint: string };
        assert.equal(code, 'NO_FREE_SLOT');
        assert.match(hint, cure);
        return true;
      },
    );
  refused(FULL, /--bus usb/);
  refused(served, /--bus scsi/);
  assert.equal(
    choosePlace(instance(), running(served), { bus: 'scsi' }).target,
    'sda',
    'its controller is there',
  );
  assert.throws(() => choosePlace(instance(), running(FULL), { bus: 'scsi' }), { code: 'NO_FREE_SLOT' });
  assert.equal(choosePlace(instance(), running(FULL), { bus: 'usb' }).bus, 'usb');
});

test('what cannot be on a bus, and what cannot come while the machine runs, is refused', () => {
  const no = (request: Parameters<typeof choosePlace>[2], shown: ShownDomain, code: string) =>
    assert.throws(() => choosePlace(instance(), shown, request), { code }, JSON.stringify(request));
  no({ bus: 'fdc' }, OFF, 'DISK_BUS_UNSUPPORTED');
  no({ bus: 'virtio', device: 'cdrom' }, OFF, 'DISK_BUS_UNSUPPORTED');
  no({ bus: 'ide' }, OFF, 'DISK_BUS_UNSUPPORTED');
  no({ bus: 'sata', readOnly: true }, OFF, 'DISK_BUS_UNSUPPORTED');
  no({ bus: 'sata' }, running(ROOMY), 'DISK_BUS_NOT_HOTPLUGGABLE');
  no({ bus: 'usb' }, running(devices(ROOT, `<controller type='usb' model='none'/>`)), 'DISK_BUS_UNSUPPORTED');
  assert.equal(choosePlace(instance(), OFF, { bus: 'sata' }).target, 'sda');
  assert.throws(() => requireHot({ bus: 'sata', target: 'sdb' }, instance()), {
    code: 'DISK_BUS_NOT_HOTPLUGGABLE',
  });
});
