// What a launch refuses of buses, machines and models, held against libvirt: it takes what we plan, and refuses what we
// do not. Domains are defined only.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { render } from '../../../src/compute/render.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { define, validate, virsh } from '../libvirt-xml/libvirt-judge.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
const world = await World.make('hardware: { profile: modern }');
after(() => world[Symbol.asyncDispose]());

before(async () => {
  const compute = await world.compute();
  const source = join(world.stateDir, 'disk.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', source, '1M']);
  await compute.images.add({ source, name: 'disk' });
}, BOUND);

/** The code of its refusal, at entry or at a launch; null where it is planned. */
async function oursOn(properties: Readonly<Record<string, string>>): Promise<string | null> {
  const compute = await world.compute();
  const { properties: older } = await compute.images.show('disk');
  try {
    await compute.images.set('disk', { removeProperties: Object.keys(older), properties });
    const { domainXml } = await compute.planLaunch({ image: 'disk', flavor: 'm1.tiny' });
    assert.equal(libvirtOn(domainXml), null, `libvirt refuses what we plan: ${JSON.stringify(properties)}`);
    return null;
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

/** Its words of refusal; null where it defines the domain. */
function libvirtOn(xml: string): string | null {
  const name = `${world.prefix}-define`;
  try {
    define(xml
      .replace(/<name>[^<]*<\/name>/, `<name>${name}</name>`)
      .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?=<)/g, randomUUID()));
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
  virsh('undefine', name);
  return null;
}

function rendered(properties: Readonly<Record<string, string>>): string {
  return render({
    flavor: { name: 'f', vcpus: 1, memory_mb: 64 },
    image: { properties },
    instance: { uuid: randomUUID(), config_drive: true },
    settings: { profile: 'modern' },
    host: { arch: 'x86_64', virt_type: 'qemu' },
  });
}

const BUSES = ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc'];
const machines = ['pc', 'q35', 'microvm', 'isapc', 'x-remote'];
const cases: readonly Readonly<Record<string, string>>[] = [
  ...machines.map((hw_machine_type) => ({ hw_machine_type })),
  ...['pc', 'q35'].flatMap((hw_machine_type) => [
    ...BUSES.map((hw_disk_bus) => ({ hw_machine_type, hw_disk_bus })),
    ...BUSES.map((hw_cdrom_bus) => ({ hw_machine_type, hw_cdrom_bus })),
  ]),
  ...['buslogic', 'lsilogic', 'lsisas1068', 'lsisas1078', 'virtio-scsi', 'vmpvscsi'].map((hw_scsi_model) => ({
    hw_scsi_model,
  })),
  ...['cirrus', 'qxl', 'vga', 'vmvga', 'xen', 'virtio', 'gop', 'none', 'bochs'].map((hw_video_model) => ({
    hw_video_model,
  })),
];

for (const properties of cases) {
  const what = Object.entries(properties).map(([key, value]) => `${key}=${value}`);
  test(`${what.join(' and ')}: we refuse it where libvirt does, and only there`, BOUND, async () => {
    const refusal = libvirtOn(rendered(properties));
    const code = await oursOn(properties);
    assert.equal(code !== null, refusal !== null, `${code} for ${refusal}`);
    if (code !== null) assert.match(code, /^(?:DISK_BUS|MACHINE_TYPE|SCSI_MODEL|VIDEO_MODEL)_UNSUPPORTED$/);
  });
}

test(
  'a network card, or a SCSI controller, that libvirt defines and QEMU has not is refused too',
  BOUND,
  async () => {
    assert.equal(await oursOn({ hw_vif_model: 'spapr-vlan' }), 'VIF_MODEL_UNSUPPORTED');
    assert.equal(await oursOn({ hw_vif_model: 'lan9118' }), 'VIF_MODEL_UNSUPPORTED');
    assert.equal(await oursOn({ hw_scsi_model: 'ibmvscsi' }), 'SCSI_MODEL_UNSUPPORTED');
    assert.equal(libvirtOn(rendered({ hw_vif_model: 'spapr-vlan' })), null, 'libvirt does not know it');
  },
);

test(
  'the command line refuses what can never start when the image gets it, and the rest at a launch',
  BOUND,
  async () => {
    const image = await world.novalet(['image', 'set', 'disk', '--property', 'hw_disk_bus=fdc']);
    assert.equal(image.status, 7, image.stderr);
    assert.match(image.stderr, /hw_disk_bus is fdc[\s\S]*DISK_BUS_UNSUPPORTED[\s\S]*hint: .*virtio/);
    const compute = await world.compute();
    const { properties: older } = await compute.images.show('disk');
    await compute.images.set('disk', {
      removeProperties: Object.keys(older),
      properties: { hw_cdrom_bus: 'virtio' },
    });
    const launch = ['launch', 'disk', '--flavor', 'm1.tiny'];
    const refused = await world.novalet(launch);
    assert.equal(refused.status, 7, refused.stderr);
    assert.match(refused.stderr, /hw_cdrom_bus is virtio[\s\S]*DISK_BUS_UNSUPPORTED/);
    assert.deepEqual(await compute.list(), []);
    const without = await world.novalet([...launch, '--no-config-drive', '--print-xml']);
    assert.equal(without.status, 0, without.stderr);
    assert.doesNotMatch(without.stdout, /cdrom/);
  },
);

test(
  'an image whose format fits no bus of it is refused when it is added, and its file does not stay',
  BOUND,
  async () => {
    const compute = await world.compute();
    const source = join(world.stateDir, 'disk.qcow2');
    const before = await world.snapshot();
    await assert.rejects(compute.images.add({ source, name: 'odd', properties: { hw_disk_bus: 'fdc' } }), {
      code: 'DISK_BUS_UNSUPPORTED',
    });
    assert.deepEqual(await world.snapshot(), before);
  },
);

test('limits that are none fit the schema that libvirt holds our domains against', BOUND, async () => {
  const compute = await world.compute();
  const { properties: older } = await compute.images.show('disk');
  await compute.images.set('disk', { removeProperties: Object.keys(older) });
  const none = { 'quota:cpu_quota': '-7', 'quota:cpu_period': '0', 'quota:vif_inbound_average': '0' };
  const most = { 'quota:vif_outbound_peak': '4294967295', 'hw_rng:rate_bytes': '4294967295' };
  const signed = { 'quota:vif_outbound_average': '+5', 'quota:disk_total_iops_sec': '+5' };
  await compute.flavors.create({
    ...{ name: 'limits', vcpus: 1, memoryMiB: 64, rootGiB: 1, ephemeralGiB: 0, swapMiB: 0 },
    extraSpecs: { ...none, ...most, ...signed, 'hw_rng:rate_period': '4294967295' },
  });
  const { domainXml } = await compute.planLaunch({ image: 'disk', flavor: 'limits' });
  assert.match(domainXml, /<quota>-1<\/quota>[\s\S]*<outbound average="5" peak="4294967295"\/>/);
  validate('domain', [domainXml]);
  assert.equal(libvirtOn(domainXml), null);
});
