import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { DATASOURCES, datasourceProperties, isServiceDatasource } from '../../../src/model/index.ts';

test('an image names any datasource, of drives and of the service', () => {
  for (const datasource of DATASOURCES) {
    assert.equal(datasourceProperties({ novalet_datasource: datasource }).datasource, datasource);
  }
  assert.deepEqual(datasourceProperties({}), { datasource: undefined, networkConfig: undefined });
});

test('only what is asked for over the network is a datasource of the service', () => {
  assert.deepEqual(DATASOURCES.filter(isServiceDatasource), ['openstack', 'ec2', 'nocloud-net']);
});

test('a word that is none is refused, with those that are', () => {
  for (const word of ['', 'NoCloud', 'config-2', 'Ec2', 'openstack ', '__proto__']) {
    assert.throws(
      () => datasourceProperties({ novalet_datasource: word }),
      (error) =>
        isFault(error, 'IMAGE_PROPERTY_INVALID') &&
        error.hint === 'novalet_datasource must be config-drive, nocloud, openstack, ec2 or nocloud-net.',
    );
  }
});
