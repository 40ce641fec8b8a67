import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import {
  carrierOf,
  checkCarrier,
  checkPasswordCarried,
  instanceIdFor,
  kernelWords,
  smbiosIdentity,
  wholeKernelLine,
} from '../../../src/compute/carrier.ts';
import type { Carrier, Datasource, Instance, Port } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

type Request = Parameters<typeof carrierOf>[0];

const UUID = '11111111-2222-4333-8444-555555555555';

function chosen(request: Request, properties: Record<string, string> = {}): Carrier | null {
  return carrierOf(request, { name: 'debian', properties });
}

function served(service: Carrier['service'], seedFrom: Carrier['seedFrom'] = null): Carrier {
  return { service, seedFrom, cloudConfigUrl: null, networkConfig: null };
}

function refused(code: string, act: () => unknown): void {
  assert.throws(act, (error) => isFault(error, code));
}

test('a guest with a drive has no carrier besides', () => {
  for (const datasource of ['config-drive', 'nocloud'] as const) assert.equal(chosen({ datasource }), null);
  assert.equal(chosen({}), null);
});

test('the launch says which reader of the service it is to be, else the image does', () => {
  assert.deepEqual(chosen({ datasource: 'openstack' }), served('openstack'));
  assert.deepEqual(chosen({}, { novalet_datasource: 'ec2' }), served('ec2'));
  assert.equal(chosen({ datasource: 'nocloud' }, { novalet_datasource: 'ec2' }), null);
});

test('the address of NoCloud is told by the kernel that novalet boots, else by SMBIOS', () => {
  const kernel = { kernel_id: 'k' };
  const datasource: Datasource = 'nocloud-net';
  assert.deepEqual(chosen({ datasource }), served('nocloud-net', 'smbios'));
  assert.deepEqual(chosen({ datasource }, kernel), served('nocloud-net', 'kernel'));
  assert.deepEqual(chosen({ datasource, seedFrom: 'smbios' }, kernel), served('nocloud-net', 'smbios'));
  refused('KERNEL_NEEDED', () => chosen({ datasource, seedFrom: 'kernel' }));
  refused('SEED_PLACE_UNUSED', () => chosen({ datasource: 'ec2', seedFrom: 'smbios' }));
  refused('SEED_PLACE_UNUSED', () => chosen({ seedFrom: 'kernel' }, kernel));
});

test('a cloud-config-url stands beside any datasource, where there is a command line for it', () => {
  const cloudConfigUrl = 'http://192.0.2.1:5248/MAAS/metadata/latest/by-id/abc?op=get_preseed';
  const kernel = { kernel_id: 'k' };
  const carrier = { service: null, seedFrom: null, cloudConfigUrl, networkConfig: null };
  assert.deepEqual(chosen({ cloudConfigUrl }, kernel), carrier);
  assert.deepEqual(kernelWords(carrier, UUID), [`cloud-config-url=${cloudConfigUrl}`]);
  refused('KERNEL_NEEDED', () => chosen({ cloudConfigUrl }));
});

test('an address that would put further words on the command line is refused', () => {
  const wrong = [
    'http://a/ init=/bin/sh',
    'http://a/"',
    "http://a/'",
    'http://a/\n',
    'ftp://a/',
    '/etc/a',
    'http://',
    '',
  ];
  for (const cloudConfigUrl of [...wrong, `http://a/${'x'.repeat(1000)}`])
    refused('CLOUD_CONFIG_URL_INVALID', () => chosen({ cloudConfigUrl }, { kernel_id: 'k' }));
});

test('only a guest of EC2 has an id that cloud-init takes for one of EC2', () => {
  const plain = '0a1b2c3d-1111-4222-8333-444444444444';
  const unlucky = 'ec2b2c3d-1111-4222-8333-444444444444';
  assert.equal(
    instanceIdFor(served('ec2'), () => plain),
    'ec2b2c3d-1111-4222-8333-444444444444',
  );
  for (const carrier of [null, served('openstack'), served('nocloud-net', 'smbios')]) {
    assert.equal(
      instanceIdFor(carrier, () => plain),
      plain,
    );
    assert.equal(
      instanceIdFor(carrier, () => unlucky),
      '0c2b2c3d-1111-4222-8333-444444444444',
    );
  }
});

test('the SMBIOS tables promise the one service that is meant', () => {
  assert.deepEqual(smbiosIdentity(null, UUID), {});
  assert.deepEqual(smbiosIdentity(served('openstack'), UUID), {});
  const ec2 = smbiosIdentity(served('ec2'), UUID);
  assert.equal(ec2.serial, UUID);
  assert.doesNotMatch(`${ec2.manufacturer} ${ec2.product}`, /OpenStack|Amazon/);
  const smbios = smbiosIdentity(served('nocloud-net', 'smbios'), UUID);
  assert.equal(smbios.serial, `ds=nocloud;dsmode=net;s=http://169.254.169.254/nocloud/`);
  assert.doesNotMatch(smbios.product ?? '', /OpenStack/);
  assert.equal(smbiosIdentity(served('nocloud-net', 'kernel'), UUID).serial, undefined);
});

test('the kernel is told the address and the id of a NoCloud guest, and nothing of the others', () => {
  assert.deepEqual(kernelWords(served('nocloud-net', 'kernel'), UUID), [
    `ds=nocloud;dsmode=net;s=http://169.254.169.254/nocloud/;i=${UUID}`,
  ]);
  for (const carrier of [
    null,
    undefined,
    served('openstack'),
    served('ec2'),
    served('nocloud-net', 'smbios'),
  ])
    assert.deepEqual(kernelWords(carrier, UUID), []);
});

test('a guest of EC2 that is to make VLANs is refused, but where a drive tells it of them', () => {
  const links: Instance['links'] = [{ kind: 'vlan', name: 'vlan7', vlanId: 7, over: 0, addressing: [] }];
  const instance = anInstance({ carrier: served('ec2'), links, disks: [] });
  refused('DATASOURCE_UNSUPPORTED', () => checkCarrier(instance, ['novalet']));
  checkCarrier({ ...instance, links: [] }, ['novalet']);
  checkCarrier({ ...instance, carrier: served('openstack') }, ['novalet']);
});

test('the service is asked on the managed network, by a card with a known address', () => {
  const instance = anInstance({ carrier: served('openstack') });
  const [port = assert.fail('no port')] = instance.ports;
  checkCarrier(instance, ['novalet']);
  refused('METADATA_NETWORK_NEEDED', () => checkCarrier(instance, ['other']));
  refused('METADATA_NETWORK_NEEDED', () => checkCarrier({ ...instance, ports: [] }, ['novalet']));
  const others: readonly Port[] = [
    { ...port, fixedIps: [] },
    { ...port, binding: { kind: 'bridge', bridge: 'novalet' } },
    { ...port, binding: { kind: 'user' } },
  ];
  refused('METADATA_NETWORK_NEEDED', () => checkCarrier({ ...instance, ports: others }, ['novalet']));
  checkCarrier({ ...instance, ports: [...others, port] }, ['novalet']);
  checkCarrier({ ...instance, ports: [], carrier: null }, ['novalet']);
});

test('what stands in SMBIOS tables is for architectures that have them', () => {
  const of = (carrier: Carrier) => {
    const instance = anInstance({ carrier });
    return { ...instance, hardware: { ...instance.hardware, arch: 'aarch64' } };
  };
  refused('DATASOURCE_UNSUPPORTED', () => checkCarrier(of(served('ec2')), ['novalet']));
  refused('DATASOURCE_UNSUPPORTED', () => checkCarrier(of(served('nocloud-net', 'smbios')), ['novalet']));
  checkCarrier(of(served('openstack')), ['novalet']);
  checkCarrier(of(served('nocloud-net', 'kernel')), ['novalet']);
});

test('a command line that Linux would cut is refused, and one without words of ours is left as it is', () => {
  const carrier = { ...served('nocloud-net', 'kernel'), networkConfig: 'A'.repeat(1900) };
  assert.match(wholeKernelLine('root=/dev/vda1', carrier, UUID), / network-config=A{1900}$/);
  refused('KERNEL_LINE_TOO_LONG', () => wholeKernelLine(`root=/dev/vda1 ${'x'.repeat(100)}`, carrier, UUID));
  const long = 'x'.repeat(3000);
  assert.equal(wholeKernelLine(long, null, UUID), long);
});

test('the password of the administrator is refused where nothing would bring it', () => {
  const adminPassword = new Secret('correct horse');
  const without = { configDrive: false };
  refused('PASSWORD_NOT_CARRIED', () => checkPasswordCarried(served('ec2'), { adminPassword }, without));
  checkPasswordCarried(served('ec2'), { adminPassword, guest: { user: 'ada' } }, without);
  checkPasswordCarried(served('ec2'), { adminPassword }, { configDrive: true });
  checkPasswordCarried(served('ec2'), {}, without);
  for (const carrier of [null, served('openstack'), served('nocloud-net', 'smbios')])
    checkPasswordCarried(carrier, { adminPassword }, without);
});
