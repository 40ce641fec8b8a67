import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { checkDevices } from '../../../src/compute/launch-devices.ts';
import type { Hardware } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

interface Guest {
  readonly hardware?: Partial<Hardware>;
  readonly properties?: Readonly<Record<string, string>>;
  readonly hasDisplay?: boolean;
  readonly hasPort?: boolean;
}

function codeOf({ hardware = {}, properties = {}, hasDisplay = true, hasPort = true }: Guest): string | null {
  const plain = anInstance();
  const instance = anInstance({
    hardware: { ...plain.hardware, ...hardware },
    image: { ...plain.image, properties },
    ...(hasPort ? {} : { ports: [] }),
  });
  try {
    checkDevices(instance, { hasDisplay });
    return null;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    assert.ok(error.message.startsWith(`${error.details['key']} is `) || /has no PCI/.test(error.message));
    assert.match(error.hint ?? '', new RegExp(`^Set ${error.details['key']} of the image`));
    return error.code;
  }
}

test('a guest with devices that are there is let be', () => {
  assert.equal(codeOf({}), null);
  assert.equal(codeOf({ properties: { hw_scsi_model: 'virtio-scsi' } }), null);
  assert.equal(codeOf({ hardware: { vifModel: 'pcnet', videoModel: 'bochs' } }), null);
});

test('devices of other machines and hypervisors are refused', () => {
  assert.equal(codeOf({ hardware: { machineType: 'isapc' } }), 'MACHINE_TYPE_UNSUPPORTED');
  for (const hw_scsi_model of ['buslogic', 'ibmvscsi'])
    assert.equal(codeOf({ properties: { hw_scsi_model } }), 'SCSI_MODEL_UNSUPPORTED');
  for (const videoModel of ['xen', 'gop'])
    assert.equal(codeOf({ hardware: { videoModel } }), 'VIDEO_MODEL_UNSUPPORTED');
  for (const vifModel of ['spapr-vlan', 'lan9118'])
    assert.equal(codeOf({ hardware: { vifModel } }), 'VIF_MODEL_UNSUPPORTED');
});

test('a device that the guest does not have stands in nobody’s way', () => {
  assert.equal(codeOf({ hardware: { videoModel: 'xen' }, hasDisplay: false }), null);
  assert.equal(codeOf({ hardware: { vifModel: 'lan9118' }, hasPort: false }), null);
});

test('a Power machine has the devices of Power', () => {
  const hardware = { machineType: 'pseries-7.2', vifModel: 'spapr-vlan' };
  assert.equal(codeOf({ hardware, properties: { hw_scsi_model: 'ibmvscsi' } }), null);
});

test('every disk is looked at', () => {
  const { disks, hardware } = anInstance();
  const [root = assert.fail('there is no disk')] = disks;
  const config = { ...root, role: 'config', device: 'cdrom', target: 'vdb' } as const;
  const instance = anInstance({ disks: [root, config], hardware });
  assert.throws(() => checkDevices(instance, { hasDisplay: true }), { code: 'DISK_BUS_UNSUPPORTED' });
});
