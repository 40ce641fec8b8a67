import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import { extraSpecs, imageProperties, nearestName } from '../../../src/model/index.ts';

function faultOf(read: () => unknown): Fault {
  try {
    read();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  return assert.fail('no fault was thrown');
}

test('booleans are read as Nova reads them', () => {
  for (const word of ['1', 't', 'TRUE', 'on', 'Y', ' yes '])
    assert.equal(extraSpecs({ 'hw:pmu': word }).pmu, true);
  for (const word of ['0', 'false', 'Off', 'N']) assert.equal(extraSpecs({ 'hw:pmu': word }).pmu, false);
  assert.equal(extraSpecs({}).pmu, undefined);
  for (const word of ['maybe', '']) {
    assert.equal(faultOf(() => extraSpecs({ 'hw:pmu': word })).code, 'EXTRA_SPEC_INVALID', word);
    assert.equal(imageProperties({ hw_pmu: word }).hw_pmu, false, word);
  }
});

test('an unknown key is refused with the nearest known one', () => {
  const fault = faultOf(() => extraSpecs({ 'hw:watchdog_acton': 'reset' }));
  assert.equal(fault.code, 'EXTRA_SPEC_UNKNOWN');
  assert.equal(fault.details['nearest'], 'hw:watchdog_action');
  assert.match(fault.hint ?? '', /hw:watchdog_action/);
  assert.equal(faultOf(() => extraSpecs({ 'hw:numa_cpu.0': '0' })).details['nearest'], 'hw:numa_cpus.N');
  assert.equal(faultOf(() => imageProperties({ hw_vif_modell: 'e1000' })).details['nearest'], 'hw_vif_model');
});

test("other people's namespaces and properties pass", () => {
  extraSpecs({
    'trait:HW_CPU_X86_AVX2': 'required',
    'acme:colour': 'blue',
    plain: 'x',
    'aggregate_instance_extra_specs:a': '1',
  });
  imageProperties({
    os_version: '12',
    os_distro: 'debian',
    acme_colour: 'blue',
    'trait:CUSTOM_A': 'required',
  });
});

test('what is not carried out is refused, unless its value asks for nothing', () => {
  const unsupported = faultOf(() => extraSpecs({ 'hw:mem_encryption': 'yes' }));
  assert.equal(unsupported.kind, 'unsupported');
  assert.equal(unsupported.details['key'], 'hw:mem_encryption');
  assert.match(unsupported.message, /SEV/);
  assert.equal(extraSpecs({ 'hw:mem_encryption': 'no' }).memEncryption, false);
  assert.equal(faultOf(() => extraSpecs({ 'resources1:VGPU': '1' })).code, 'EXTRA_SPEC_UNSUPPORTED');
  assert.equal(
    faultOf(() => imageProperties({ cinder_encryption_key_id: 'x' })).code,
    'IMAGE_PROPERTY_UNSUPPORTED',
  );
  assert.equal(faultOf(() => imageProperties({ hw_disk_bus: 'xen' })).code, 'IMAGE_PROPERTY_UNSUPPORTED');
});

test('numbers are whole and in range', () => {
  for (const bad of ['0', '-1', '1.5', 'two', '', '99999999999999999999']) {
    assert.throws(
      () => extraSpecs({ 'hw:cpu_cores': bad }),
      (error) => isFault(error, 'EXTRA_SPEC_INVALID'),
      bad,
    );
  }
  assert.equal(extraSpecs({ 'quota:cpu_quota': '-1' }).cpuQuota, -1);
});

test('peak and burst count only beside an average', () => {
  assert.equal(extraSpecs({ 'quota:vif_inbound_peak': '1' }).vifInbound, undefined);
  assert.deepEqual(
    extraSpecs({ 'quota:vif_inbound_average': '1', 'quota:vif_inbound_burst': '3' }).vifInbound,
    {
      average: '1',
      peak: undefined,
      burst: '3',
    },
  );
});

test('older property names are read, and current ones win over them', () => {
  assert.equal(imageProperties({ architecture: 'amd64' }).hw_architecture, 'x86_64');
  assert.equal(
    imageProperties({ hw_architecture: 'aarch64', architecture: 'x86_64' }).hw_architecture,
    'aarch64',
  );
  assert.equal(
    imageProperties({ architecture: 'x86_64', hw_architecture: 'aarch64' }).hw_architecture,
    'aarch64',
  );
  const vmware = imageProperties({ vmware_adaptertype: 'paraVirtual' });
  assert.deepEqual([vmware.hw_disk_bus, vmware.hw_scsi_model], ['scsi', 'vmpvscsi']);
  assert.equal(imageProperties({ vmware_adaptertype: 'ide' }).hw_disk_bus, 'ide');
  assert.equal(imageProperties({ hw_vif_model: 'VirtualE1000' }).hw_vif_model, 'e1000');
  assert.equal(imageProperties({ os_type: 'Windows' }).os_type, 'windows');
});

test('nothing near is no suggestion', () => {
  assert.equal(nearestName('hw:zzzzzzzz', ['hw:pmu', 'hw:cpu_cores']), undefined);
  assert.equal(nearestName('hw:pnu', ['hw:pmu', 'hw:cpu_cores']), 'hw:pmu');
});
