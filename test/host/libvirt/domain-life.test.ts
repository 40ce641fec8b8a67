// A domain's whole life on the host's own QEMU: saving, disks, snapshots, checkpoints, backups, figures, keys.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import test from 'node:test';
import { isFault, within } from '../../../src/base/index.ts';
import {
  type BlockJobEvent,
  type Connection,
  type LibvirtEvent,
  openConnection,
  type Subscription,
} from '../../../src/libvirt/index.ts';
import { DISK_BYTES, Machine } from './machine.ts';

const URI = 'qemu:///system';
const MIB = 1024 * 1024;

function code(expected: string) {
  return (error: unknown) => {
    assert.ok(isFault(error), String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };
}

type EventOf<Kind> = Extract<LibvirtEvent, { readonly kind: Kind }>;

function isOf<Kind extends LibvirtEvent['kind']>(kind: Kind, event: LibvirtEvent): event is EventOf<Kind> {
  return event.kind === kind;
}

/** The next event of the machine that is of this kind, and passes. */
async function heard<Kind extends Exclude<LibvirtEvent['kind'], 'closed'>>(
  events: Subscription,
  machine: Machine,
  kind: Kind,
  isIt: (event: EventOf<Kind>) => boolean = () => true,
): Promise<EventOf<Kind>> {
  return await within(120_000, `the event ${kind}`, async () => {
    for (;;) {
      const { done, value } = await events.next();
      assert.ok(done !== true, 'the events ended');
      const isOurs = 'uuid' in value && value.uuid === machine.domain.uuid;
      if (isOurs && isOf(kind, value) && isIt(value)) return value;
    }
  });
}

async function blockJob(events: Subscription, machine: Machine, status: BlockJobEvent['status']) {
  return await heard(events, machine, 'block-job', (event) => event.status === status);
}

async function startedMachine(connection: Connection): Promise<Machine> {
  const machine = await Machine.define(connection);
  try {
    await machine.domain.start();
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
  return machine;
}

test('a saved domain goes on where it was, in the state that was asked for', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { domain } = machine;
  assert.equal(await domain.hasManagedSave(), false);
  await domain.managedSave({ state: 'paused' });
  assert.equal((await domain.state()).state, 'shutoff');
  assert.equal(await domain.hasManagedSave(), true);
  await domain.start();
  assert.equal((await domain.state()).state, 'paused');
  assert.equal(await domain.hasManagedSave(), false);
  await domain.resume();
  await domain.managedSave();
  await domain.removeManagedSave();
  assert.equal(await domain.hasManagedSave(), false);
});

test('memory is saved to a file, its document changed, and restored from it', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const file = machine.file('saved');
  await machine.domain.save(file, { state: 'running' });
  const xml = await connection.saveImageXml(file, { secure: true });
  assert.match(xml, new RegExp(machine.domain.name));
  await connection.saveImageDefineXml(file, xml, { state: 'paused' });
  await connection.restore(file);
  assert.equal((await machine.domain.state()).state, 'paused');
  await assert.rejects(connection.restore(file), code('LIBVIRT_STATE_CONFLICT'));
});

test('processors and memory are counted and set, for now and for the next start', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { domain } = machine;
  assert.equal(await domain.vcpus({ live: true }), 1);
  assert.equal(await domain.vcpus({ config: true, maximum: true }), 2);
  await domain.setVcpus(2, { live: true, config: true });
  assert.equal(await domain.vcpus({ live: true }), 2);
  await domain.setVcpus(4, { config: true, maximum: true });
  assert.equal(await domain.vcpus({ config: true, maximum: true }), 4);
  await assert.rejects(domain.setVcpus(64, { live: true }), code('LIBVIRT_ARGUMENT_INVALID'));
  await domain.setMemory(96 * 1024, { config: true, maximum: true });
  await domain.setMemory(80 * 1024, { config: true });
  assert.match(await domain.xml({ inactive: true }), /<currentMemory unit='KiB'>81920</);
});

test('keys, NMIs, the monitor and the clock are reached', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { domain } = machine;
  await domain.sendKeys('linux', 10, [29, 56, 111]);
  await assert.rejects(domain.sendKeys('linux', 10, []), code('LIBVIRT_ARGUMENT_INVALID'));
  await domain.injectNmi();
  const reply: unknown = JSON.parse(await domain.qemuMonitorCommand('{"execute":"query-status"}'));
  assert.partialDeepStrictEqual(reply, { return: { running: true } });
  await assert.rejects(domain.setTime(1_700_000_000, 5), code('LIBVIRT_UNSUPPORTED')); // it has no agent
  await assert.rejects(domain.syncTime(), code('LIBVIRT_UNSUPPORTED'));
  await assert.rejects(domain.pmWakeup(), code('LIBVIRT_FAILED')); // it does not sleep
});

test('a device goes by its alias, and its coming and going are told', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { domain } = machine;
  await using events = await connection.subscribe();
  const port =
    "<channel type='unix'><target type='virtio' name='nvt.more.0'/><alias name='ua-nvt-more'/></channel>";
  await domain.attachDevice(port, { live: true });
  await heard(events, machine, 'device-added', ({ alias }) => alias === 'ua-nvt-more');
  await domain.detachDeviceAlias('ua-nvt-more', { live: true });
  await heard(events, machine, 'device-removed', ({ alias }) => alias === 'ua-nvt-more');
  assert.doesNotMatch(await domain.xml(), /nvt\.more\.0/);
});

test('the tray of a drive tells that it moved', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { domain } = machine;
  await using events = await connection.subscribe();
  await domain.qemuMonitorCommand('{"execute":"blockdev-open-tray","arguments":{"id":"sata0-0-0"}}');
  const moved = await heard(events, machine, 'tray-change');
  assert.deepEqual([moved.alias, moved.change], ['sata0-0-0', 'open']);
});

test('a disk grows, is copied, and the domain goes on with the copy', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { block } = machine.domain;
  await using events = await connection.subscribe();
  await block.resize('vda', 2 * DISK_BYTES);
  assert.equal((await block.info('vda')).capacity, 2 * DISK_BYTES);
  assert.equal(await block.job('vda'), undefined);
  const copy = machine.file('copy.qcow2');
  const destination = `<disk type='file'><source file='${copy}'/><driver type='qcow2'/></disk>`;
  await block.copy('vda', destination, {
    transientJob: true,
    granularity: 65_536,
    bufferBytes: MIB,
    bandwidth: 512 * MIB,
  });
  const ready = await blockJob(events, machine, 'ready');
  assert.deepEqual([ready.disk, ready.type], ['vda', 'copy']);
  const job = await block.job('vda');
  assert.deepEqual([job?.type, job?.bandwidth, job?.current], ['copy', 512 * MIB, job?.end]);
  await block.abortJob('vda', { pivot: true });
  await blockJob(events, machine, 'completed');
  assert.match(await machine.domain.xml(), /copy\.qcow2/);
  assert.equal((await stat(copy)).isFile(), true);
});

test('a snapshot puts an image on top, and a commit takes it away again', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { block, snapshots } = machine.domain;
  await using events = await connection.subscribe();
  const document = (name: string) => `<domainsnapshot><name>${name}</name><disks>
    <disk name='vda' snapshot='external'><source file='${machine.file(`${name}.qcow2`)}'/></disk>
    </disks></domainsnapshot>`;
  assert.equal(await snapshots.create(document('one'), { diskOnly: true, atomic: true }), 'one');
  assert.equal(await snapshots.create(document('two'), { diskOnly: true }), 'two');
  assert.equal(await snapshots.create(document('three'), { diskOnly: true, noMetadata: true }), 'three');
  assert.deepEqual(await snapshots.names(), ['one', 'two']);
  assert.match(await snapshots.xml('two'), /<parent>\s*<name>one<\/name>/);
  await assert.rejects(
    snapshots.create(document('four'), { diskOnly: true, quiesce: true }),
    code('LIBVIRT_UNSUPPORTED'), // it has no agent
  );

  await block.commit('vda', { active: true, bandwidth: 512 * MIB });
  assert.equal((await blockJob(events, machine, 'ready')).type, 'active-commit');
  await block.abortJob('vda', { pivot: true });
  await blockJob(events, machine, 'completed');
  assert.doesNotMatch(await machine.domain.xml(), /(one|two|three)\.qcow2/);

  await snapshots.delete('one', { metadataOnly: true, children: true });
  assert.deepEqual(await snapshots.names(), []);
  await assert.rejects(snapshots.delete('one'), code('DOMAIN_SNAPSHOT_NOT_FOUND'));
});

test('a domain goes back to a snapshot of its memory and disk', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { domain } = machine;
  // The drive without a medium has nothing to keep.
  await domain.snapshots.create(
    "<domainsnapshot><name>whole</name><memory snapshot='internal'/></domainsnapshot>",
  );
  await domain.destroy();
  await domain.snapshots.revert('whole', { state: 'paused' });
  assert.equal((await domain.state()).state, 'paused');
  await assert.rejects(domain.snapshots.revert('none'), code('DOMAIN_SNAPSHOT_NOT_FOUND'));
  await domain.snapshots.delete('whole');
});

test('images beneath are pulled into the active one', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  await using events = await connection.subscribe();
  const document = `<domainsnapshot><disks>
    <disk name='vda' snapshot='external'><source file='${machine.file('top.qcow2')}'/></disk></disks></domainsnapshot>`;
  await machine.domain.snapshots.create(document, { diskOnly: true, noMetadata: true });
  await machine.domain.block.rebase('vda');
  assert.equal((await blockJob(events, machine, 'completed')).type, 'pull');
  assert.match(await machine.domain.xml(), /top\.qcow2/);
  assert.doesNotMatch(await machine.domain.xml(), /disk\.qcow2/);
});

test('checkpoints are made, listed in order, and what changed since is backed up', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { checkpoints, jobs } = machine.domain;
  await using events = await connection.subscribe();
  const named = (name: string) => `<domaincheckpoint><name>${name}</name></domaincheckpoint>`;
  assert.equal(await checkpoints.create(named('zulu')), 'zulu');
  assert.equal(await checkpoints.create(named('alpha')), 'alpha');
  assert.deepEqual(await checkpoints.names(), ['zulu', 'alpha']);
  assert.match(await checkpoints.xml('zulu', { size: true, noDomain: true }), /size='\d+'/);

  const backup = `<domainbackup><incremental>zulu</incremental><disks><disk name='vda' type='file'>
    <target file='${machine.file('backup.qcow2')}'/><driver type='qcow2'/></disk></disks></domainbackup>`;
  await jobs.beginBackup(backup, named('third'));
  const completed = await heard(events, machine, 'job-completed');
  assert.deepEqual([completed.operation, completed.params['success']], ['backup', true]);
  const stats = await jobs.stats({ completed: true, keepCompleted: true });
  assert.deepEqual([stats.type, stats.operation], ['completed', 'backup']);
  assert.equal(typeof stats.params['time_elapsed'], 'number');
  assert.equal((await jobs.stats({ completed: true })).type, 'completed');
  assert.equal((await jobs.stats({ completed: true })).type, 'none');
  assert.deepEqual(await checkpoints.names(), ['zulu', 'alpha', 'third']);

  await checkpoints.delete('alpha', { children: true });
  await assert.rejects(checkpoints.xml('third'), code('DOMAIN_CHECKPOINT_NOT_FOUND'));
  await checkpoints.delete('zulu', { metadataOnly: true });
  assert.deepEqual(await checkpoints.names(), []);
});

test('a backup that is pulled goes on until it is aborted', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const { jobs } = machine.domain;
  await using events = await connection.subscribe();
  await assert.rejects(jobs.backupXml(), code('DOMAIN_BACKUP_NOT_FOUND'));
  await assert.rejects(jobs.abort(), code('LIBVIRT_STATE_CONFLICT'));
  await jobs.beginBackup(`<domainbackup mode='pull'>
    <server transport='unix' socket='${machine.file('nbd')}'/><disks><disk name='vda' type='file'>
    <scratch file='${machine.file('scratch.qcow2')}'/></disk></disks></domainbackup>`);
  assert.match(await jobs.backupXml(), /mode='pull'/);
  assert.equal((await jobs.stats()).operation, 'backup');
  await jobs.abort();
  const ended = await heard(events, machine, 'job-completed');
  assert.equal(ended.operation, 'backup');
});

test('figures are read of one domain, of all, and of the host', async () => {
  await using connection = await openConnection(URI);
  await using machine = await startedMachine(connection);
  const [only, ...others] = await connection.domainStats([machine.domain], ['state', 'cpu', 'block']);
  assert.equal(others.length, 0);
  assert.deepEqual([only?.name, only?.uuid], [machine.domain.name, machine.domain.uuid]);
  assert.equal(only?.values['block.0.name'], 'vda');
  assert.equal(only?.values['block.0.capacity'], DISK_BYTES);
  assert.equal(typeof only?.values['cpu.time'], 'number');
  assert.equal('balloon.current' in (only?.values ?? {}), false);
  const all = await connection.domainStats('all', ['state'], { active: true });
  assert.ok(all.some(({ uuid }) => uuid === machine.domain.uuid));
  assert.deepEqual(await connection.domainStats([], ['state']), []);
  const memory = await connection.nodeMemoryStats();
  assert.ok(memory['total'] !== undefined && memory['total'] > 0);
  const cpu = await connection.nodeCpuStats();
  assert.ok(cpu['user'] !== undefined && cpu['user'] > 0);
  assert.ok((await connection.freeMemory()) > 0);
});
