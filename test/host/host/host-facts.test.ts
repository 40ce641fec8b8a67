import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { type DoctorContext, diagnose, HOST_PATHS, readHostFacts } from '../../../src/host/index.ts';
import { type Connection, openConnection } from '../../../src/libvirt/index.ts';

async function aConnection(context: TestContext): Promise<Connection> {
  const connection = await openConnection('qemu:///system');
  context.after(() => connection.close());
  return connection;
}

function aDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-host-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function doctorOf(connection: Connection, changes: Partial<DoctorContext> = {}): DoctorContext {
  return {
    uri: 'qemu:///system',
    isSession: false,
    stateDir: '/var/lib/novalet',
    networkName: 'novalet',
    connect: async () => connection,
    ...changes,
  };
}

async function findingOf(context: DoctorContext, check: string) {
  const findings = await diagnose(context);
  const found = findings.find((finding) => finding.check === check);
  assert.ok(found, `there is no finding ${check} among ${findings.map((each) => each.check).join(', ')}`);
  return found;
}

test('the facts of this host fit together, and hold until something changes', async (context) => {
  const connection = await aConnection(context);
  const facts = await readHostFacts(connection, { virtType: 'auto', isSession: false });
  assert.match(facts.libvirtVersion, /^\d+\.\d+\.\d+$/);
  assert.match(facts.qemuVersion, /^\d+\.\d+\.\d+$/);
  assert.match(facts.emulator, /qemu-system-/);
  assert.ok(
    facts.machineTypes[facts.arch]?.['q35']?.startsWith('pc-q35-') === true &&
      facts.cpuModes.length > 0 &&
      facts.diskBuses.includes('virtio'),
  );
  assert.equal(facts.virtType, facts.kvm.works ? 'kvm' : 'qemu');
  assert.ok(facts.cpus > 0 && facts.memoryMiB > 0);
  const again = await readHostFacts(connection, { virtType: 'auto', isSession: false, known: facts });
  assert.equal(again, facts);
  const other = await readHostFacts(connection, { virtType: 'qemu', isSession: false, known: facts });
  assert.notEqual(other.key, facts.key);
  assert.equal(other.virtType, 'qemu');
});

test('a processor without virtualization extensions means emulation, whatever /dev/kvm says', async (context) => {
  const connection = await aConnection(context);
  const directory = aDirectory(context);
  const paths = { ...HOST_PATHS, cpuinfo: join(directory, 'cpuinfo'), kvmDevice: join(directory, 'kvm') };
  writeFileSync(paths.kvmDevice, '');
  chmodSync(paths.kvmDevice, 0o666);
  writeFileSync(paths.cpuinfo, 'processor\t: 0\nflags\t\t: fpu hypervisor vmmcall\n');
  const without = await readHostFacts(connection, { virtType: 'auto', isSession: false, paths });
  assert.deepEqual([without.kvm.reason, without.virtType], ['no-cpu-support', 'qemu']);
  writeFileSync(paths.cpuinfo, 'processor\t: 0\nflags\t\t: fpu svm\n');
  const { kvm } = await readHostFacts(connection, { virtType: 'auto', isSession: false, paths });
  assert.ok(['works', 'not-offered'].includes(kvm.reason));
});

test('the doctor finds nothing wrong that would keep a guest from starting here', async (context) => {
  const connection = await aConnection(context);
  const findings = await diagnose(doctorOf(connection));
  const problems = findings.filter(({ status }) => status === 'problem');
  assert.deepEqual(problems, []);
  for (const check of [
    'platform',
    'programs',
    'libvirt',
    'versions',
    'virtlogd',
    'kvm',
    'capability-cache',
  ]) {
    assert.ok(
      findings.some((finding) => finding.check === check),
      check,
    );
  }
  assert.equal((await findingOf(doctorOf(connection), 'agent-channel')).status, 'ok');
});

test('the capability-cache trap is recognised on a device that only root may open', async (context) => {
  const connection = await aConnection(context);
  const paths = { ...HOST_PATHS, kvmDevice: join(aDirectory(context), 'kvm') };
  writeFileSync(paths.kvmDevice, '');
  chmodSync(paths.kvmDevice, 0o600);
  const trapped = await findingOf(doctorOf(connection, { paths }), 'capability-cache');
  assert.equal(trapped.status, 'problem');
  assert.match(trapped.fix ?? '', /chmod 660 \/dev\/kvm/);
  chmodSync(paths.kvmDevice, 0o666);
  assert.equal((await findingOf(doctorOf(connection, { paths }), 'capability-cache')).status, 'ok');
});

test('a state directory behind a closed one, and missing programs, are problems with a cure', async (context) => {
  const connection = await aConnection(context);
  const closed = aDirectory(context); // mkdtemp makes it 0700
  const stateDir = join(closed, 'novalet');
  const doctor = doctorOf(connection, { stateDir, searchPath: '/nowhere' });
  const access = await findingOf(doctor, 'state-dir');
  assert.deepEqual([access.status, access.fix], ['problem', `chmod o+x ${closed}`]);
  const programs = await findingOf(doctor, 'programs');
  assert.equal(programs.status, 'problem');
  assert.match(programs.fix ?? '', /^apt install /);
});

test('without libvirt the doctor still looks at everything else', async (context) => {
  const connection = await aConnection(context);
  const findings = await diagnose(
    doctorOf(connection, {
      connect: () => Promise.reject(new Fault('unavailable', 'LIBVIRT_UNREACHABLE', 'nobody is there')),
    }),
  );
  const libvirt = findings.find(({ check }) => check === 'libvirt');
  assert.equal(libvirt?.status, 'problem');
  assert.ok(libvirt?.fix);
  assert.ok(findings.some(({ check }) => check === 'state-dir'));
});
