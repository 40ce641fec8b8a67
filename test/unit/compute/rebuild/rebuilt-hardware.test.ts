import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { checkSamePlace, rebuiltHardware } from '../../../../src/compute/rebuild/rebuilt-hardware.ts';
import { type Hardware, imageProperties } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const instance = anInstance();
const recorded: Hardware = { ...instance.hardware, machineType: 'pc-q35-7.2' };
/** What this host would choose today for any image. */
const chosen: Hardware = {
  ...recorded,
  machineType: 'pc-q35-9.0',
  cpuMode: 'host-passthrough',
  diskBus: 'scsi',
  cdromBus: 'scsi',
  vifModel: 'e1000',
  videoModel: 'vga',
  firmware: { kind: 'uefi', loader: '/code', nvramTemplate: '/vars', secure: false, stateless: false },
};

function rebuilt(properties: Record<string, string>): Hardware {
  return rebuiltHardware({ name: 'web', hardware: recorded }, chosen, imageProperties(properties));
}

test('what the new image does not name stays as it was recorded', () => {
  assert.deepEqual(rebuilt({ os_distro: 'debian' }), recorded);
});

test('what the new image names is chosen for it, and nothing else', () => {
  const { firmware, vifModel } = chosen;
  assert.deepEqual(rebuilt({ hw_firmware_type: 'uefi', hw_vif_model: 'e1000' }), {
    ...recorded,
    firmware,
    vifModel,
  });
});

test('a newer machine of the same kind is no other machine, and the recorded one stays', () => {
  assert.equal(rebuilt({ hw_machine_type: 'q35' }).machineType, 'pc-q35-7.2');
});

test('an image for another kind of machine is refused by name', () => {
  const other = { ...chosen, machineType: 'pc-i440fx-9.0' };
  const image = imageProperties({ hw_machine_type: 'pc' });
  assert.throws(
    () => rebuiltHardware({ name: 'web', hardware: recorded }, other, image),
    (error) => isFault(error, 'REBUILD_MACHINE_CONFLICT') && error.message.includes('pc-q35-7.2'),
  );
});

test('an image that asks for another place on the host is refused, one that asks for none is not', () => {
  checkSamePlace(instance, { os_distro: 'debian' });
  const cells = { hw_numa_nodes: '1' };
  assert.throws(
    () => checkSamePlace(instance, cells),
    (error) => isFault(error, 'REBUILD_NUMA_CONFLICT'),
  );
});
