import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { withKernelNetwork } from '../../../src/compute/kernel-network.ts';
import type { Carrier, Port } from '../../../src/model/index.ts';
import { port } from '../metadata/sample.ts';

const CARRIER: Carrier = {
  service: 'nocloud-net',
  seedFrom: 'kernel',
  cloudConfigUrl: null,
  networkConfig: null,
};

const second: Port = port({
  mac: 'fa:16:3e:00:00:02',
  mtu: null,
  addressing: [{ kind: 'static', address: '192.0.2.77', prefix: 24 }],
});

test('the cards stand there as NoCloud has them, packed', () => {
  const { networkConfig } = withKernelNetwork(CARRIER, [port(), second]) ?? assert.fail('none');
  assert.match(networkConfig ?? '', /^[A-Za-z0-9+/]+=*$/);
  const { version, ethernets } = JSON.parse(
    gunzipSync(Buffer.from(networkConfig ?? '', 'base64')).toString(),
  );
  assert.equal(version, 2);
  assert.partialDeepStrictEqual(Object.values(ethernets), [
    { match: { macaddress: 'fa:16:3e:00:00:01' }, dhcp4: true },
    { match: { macaddress: 'fa:16:3e:00:00:02' }, dhcp4: false, addresses: ['192.0.2.77/24'] },
  ]);
});

test('the same cards make the same word', () => {
  assert.deepEqual(
    withKernelNetwork(CARRIER, [port(), second]),
    withKernelNetwork(CARRIER, [port(), second]),
  );
});

test('one card with DHCP needs no word, and a guest that is told nothing by its kernel gets none', () => {
  assert.equal(withKernelNetwork(CARRIER, [port()])?.networkConfig, null);
  assert.equal(withKernelNetwork(CARRIER, [{ ...second, addressing: [] }])?.networkConfig, null);
  assert.equal(withKernelNetwork(null, [second]), null);
  for (const carrier of [
    { ...CARRIER, seedFrom: 'smbios' },
    { ...CARRIER, service: 'ec2', seedFrom: null },
  ] as const)
    assert.equal(withKernelNetwork(carrier, [port(), second])?.networkConfig, null);
  assert.notEqual(withKernelNetwork(CARRIER, [second])?.networkConfig, null);
});
