import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { configDriveWishes } from '../../../src/compute/config-drive-wishes.ts';

type Request = Parameters<typeof configDriveWishes>[0];

function wishes(request: Request, properties: Record<string, string> = {}, forceConfigDrive = false): string {
  const { configDrive, datasource } = configDriveWishes(request, { properties }, { forceConfigDrive });
  return configDrive ? datasource : 'none';
}

test('a guest has a drive unless the launch says no', () => {
  assert.equal(wishes({}), 'config-drive');
  assert.equal(wishes({ configDrive: true }), 'config-drive');
  assert.equal(wishes({ configDrive: false }), 'none');
  assert.equal(wishes({ configDrive: false }, { img_config_drive: 'optional' }), 'none');
});

test('an image that must have one, and a configuration that forces one, win over the launch', () => {
  assert.equal(wishes({ configDrive: false }, { img_config_drive: 'mandatory' }), 'config-drive');
  assert.equal(wishes({ configDrive: false }, {}, true), 'config-drive');
});

test('the launch says whose drive it is, else the image does', () => {
  const image = { novalet_datasource: 'nocloud', img_config_drive: 'mandatory' };
  assert.equal(wishes({ datasource: 'nocloud' }), 'nocloud');
  assert.equal(wishes({}, image), 'nocloud');
  assert.equal(wishes({ datasource: 'config-drive' }, image), 'config-drive');
});

test('files are injected by a config drive, and refused where there will be none', () => {
  const files = [{ path: '/etc/motd', content: Buffer.from('hello') }];
  assert.equal(wishes({ files }), 'config-drive');
  assert.equal(wishes({ files, configDrive: false }, {}, true), 'config-drive');
  assert.equal(wishes({ files: [], configDrive: false }), 'none');
  for (const request of [
    { files, configDrive: false },
    { files, datasource: 'nocloud' },
    { files, datasource: 'openstack' },
  ] as const) {
    assert.throws(
      () => wishes(request),
      (error) => isFault(error, 'INJECTED_FILE_UNSUPPORTED'),
    );
  }
});

test('a property that names no drive is refused', () => {
  for (const properties of [{ novalet_datasource: 'NoCloud' }, { novalet_network_config: '3' }])
    assert.throws(
      () => wishes({}, properties),
      (error) => isFault(error, 'IMAGE_PROPERTY_INVALID'),
    );
});

test('a guest that asks the service has a drive only where one is wanted or required, and it is a config drive', () => {
  for (const datasource of ['openstack', 'ec2', 'nocloud-net'] as const) {
    assert.equal(wishes({ datasource }), 'none');
    assert.equal(wishes({}, { novalet_datasource: datasource }), 'none');
    assert.equal(wishes({ datasource, configDrive: true }), 'config-drive');
    assert.equal(wishes({ datasource }, { img_config_drive: 'mandatory' }), 'config-drive');
    assert.equal(wishes({ datasource }, {}, true), 'config-drive');
  }
});
