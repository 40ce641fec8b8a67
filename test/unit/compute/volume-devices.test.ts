// Disks that were attached after the launch, in the domain that the record gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainConfig } from '../../../src/compute/domain-config.ts';
import {
  attributeOf,
  childElements,
  type Element,
  find,
  serializeXml,
  textOf,
} from '../../../src/libvirt-xml/index.ts';
import type { Volume } from '../../../src/model/index.ts';
import { aDomainInput } from './a-domain-input.ts';

const ID = '0ddba11c-0000-4000-8000-00000000000a';

function volume(changes: Partial<Volume> = {}): Volume {
  return {
    id: ID,
    source: { kind: 'own', fileName: `volume-${ID}`, format: 'qcow2' },
    device: 'disk',
    bus: 'virtio',
    target: 'vdb',
    readOnly: false,
    sizeBytes: 1024 ** 3,
    attachedAt: '2026-11-22T08:00:00.000Z',
    ...changes,
  };
}

function domainWith(volumes: readonly Volume[], imageProperties: Record<string, string> = {}): Element {
  return domainConfig(aDomainInput({ createdAt: null, volumes, directory: '/state' }, imageProperties));
}

function diskAt(domain: Element, target: string): Element {
  const devices = find(domain, 'devices') ?? assert.fail('no devices');
  const disk = childElements(devices, 'disk').find(
    (one) => attributeOf(find(one, 'target'), 'dev') === target,
  );
  return disk ?? assert.fail(`no disk ${target}`);
}

test('a volume has its id as serial, and an alias of ours that is known before it is attached', () => {
  const disk = diskAt(domainWith([volume()]), 'vdb');
  assert.equal(textOf(find(disk, 'serial')), ID);
  assert.equal(attributeOf(find(disk, 'alias'), 'name'), `ua-${ID}`);
  assert.equal(attributeOf(find(disk, 'source'), 'file'), `/state/volume-${ID}`);
  assert.equal(attributeOf(find(disk, 'driver'), 'type'), 'qcow2');
  assert.equal(find(disk, 'readonly'), undefined);
});

test('of a qcow2 of somebody else, nothing beneath is ever opened', () => {
  const source = { kind: 'file', path: '/srv/data.qcow2', format: 'qcow2' } as const;
  const disk = diskAt(domainWith([volume({ source, readOnly: true })]), 'vdb');
  assert.deepEqual(find(disk, 'backingStore')?.children, []);
  assert.ok(find(disk, 'readonly'));
  const raw = diskAt(domainWith([volume({ source: { ...source, format: 'raw' } })]), 'vdb');
  assert.equal(find(raw, 'backingStore'), undefined);
});

test('servers are reached by TCP and by unix sockets, and iSCSI by target and unit', () => {
  const tcp = { kind: 'nbd', server: { host: '::1', port: 10809 }, exportName: 'data' } as const;
  const unix = { kind: 'nbd', server: { socket: '/run/nbd' }, exportName: '' } as const;
  const iscsi = { kind: 'iscsi', host: 'san', port: 3260, target: 'iqn.2026-11.example:a', lun: 1 } as const;
  const sourceOf = (source: Volume['source']) => {
    const disk = diskAt(domainWith([volume({ source })]), 'vdb');
    assert.equal(attributeOf(disk, 'type'), 'network');
    return serializeXml(find(disk, 'source') ?? assert.fail('no source')).replaceAll(/\s+/g, ' ');
  };
  assert.match(sourceOf(tcp), /protocol="nbd" name="data"> <host name="::1" port="10809"\/>/);
  assert.match(sourceOf(unix), /protocol="nbd" name=""> <host transport="unix" socket="\/run\/nbd"\/>/);
  assert.match(
    sourceOf(iscsi),
    /protocol="iscsi" name="iqn.2026-11.example:a\/1"> <host name="san" port="3260"\/>/,
  );
});

test('a volume at the target of a CD drive of the launch is what is in that drive', () => {
  const medium = { device: 'cdrom', bus: 'sata', target: 'sda', readOnly: true } as const;
  const own = diskAt(domainWith([]), 'sda');
  const empty = diskAt(domainWith([volume({ ...medium, source: null })]), 'sda');
  assert.equal(attributeOf(find(own, 'source'), 'file'), '/state/disk.config');
  assert.equal(find(empty, 'source'), undefined);
  assert.equal(find(empty, 'alias'), undefined, 'it stays the same drive');
});

test('disks on SCSI that come later get a controller that can take them, each its own place', () => {
  const scsi = (target: string) => volume({ bus: 'scsi', target });
  const domain = domainWith([scsi('sdb'), scsi('sdd')]);
  const devices = find(domain, 'devices') ?? assert.fail('no devices');
  const controllers = childElements(devices, 'controller').filter(
    (one) => attributeOf(one, 'type') === 'scsi',
  );
  assert.deepEqual(
    controllers.map((one) => attributeOf(one, 'model')),
    ['virtio-scsi'],
  );
  const units = ['sdb', 'sdd'].map((name) => attributeOf(find(diskAt(domain, name), 'address'), 'unit'));
  assert.deepEqual(units, ['1', '3']);
});

test('what libvirt chose for the disks of the launch stays, also for those that come later', () => {
  const domain = domainWith([volume({ bus: 'scsi', target: 'sdc' })], { hw_disk_bus: 'scsi' });
  const devices = find(domain, 'devices') ?? assert.fail('no devices');
  assert.deepEqual(
    childElements(devices, 'controller').filter((one) => attributeOf(one, 'type') === 'scsi'),
    [],
  );
  assert.equal(find(diskAt(domain, 'sdc'), 'address'), undefined);
});
