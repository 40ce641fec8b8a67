import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { readCarrierOptions } from '../../../../src/cli/launch-options/carrier.ts';
import { novalet } from '../novalet-process.ts';

test('what was not given is not asked for', () => {
  assert.deepEqual(readCarrierOptions({}), {});
  assert.deepEqual(readCarrierOptions({ datasource: 'ec2', configDrive: true }), {
    datasource: 'ec2',
    configDrive: true,
  });
});

test('no drive and what is on it do not go together, no drive and a service do', () => {
  for (const datasource of ['config-drive', 'nocloud'] as const) {
    assert.throws(
      () => readCarrierOptions({ configDrive: false, datasource }),
      (error) => isFault(error, 'OPTION_INVALID'),
    );
  }
  const asked = { configDrive: false, datasource: 'openstack' } as const;
  assert.deepEqual(readCarrierOptions(asked), asked);
});

test('a word that is no datasource, and no place for its address, are refused with those that are', async () => {
  for (const [option, word] of [
    ['--datasource', 'config-drive, nocloud, openstack, ec2, nocloud-net'],
    ['--seed-from', 'smbios, kernel'],
  ] as const) {
    const { status, stdout, stderr } = await novalet(['launch', 'debian', option, 'none']);
    assert.deepEqual([status, stdout], [2, '']);
    assert.ok(stderr.includes(word), stderr);
  }
});
