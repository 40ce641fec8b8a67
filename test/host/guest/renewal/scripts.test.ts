// The scripts of preparation and renewal on made-up guests, by each shell that is here.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { makeIdentity, prepareGuest, renewGuest } from '../../../../src/guest/index.ts';
import { FakeRoot, type FakeRootOptions } from './fake-root.ts';

const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'sh']];
const OLD_ID = '0123456789abcdef0123456789abcdef';
const INSTANCE = 'b7a6f1a0-6f5a-4c51-9d0a-6a1f1de0c0de';
const NEW_ID = INSTANCE.replaceAll('-', '');
const SECRET = 'HARE-SECRET-OF-THE-TEMPLATE';

/** What a template must lose, by the files that hold it. */
const TO_LOSE = [
  '/etc/ssh/ssh_host_ed25519_key',
  '/etc/ssh/ssh_host_ed25519_key.pub',
  '/etc/ssh/ssh_host_rsa_key',
  '/var/lib/systemd/random-seed',
  '/var/lib/systemd/credential.secret',
  '/var/lib/dhcp/dhclient.eth0.leases',
  '/var/lib/NetworkManager/secret_key',
  '/etc/udev/rules.d/70-persistent-net.rules',
  '/var/lib/cloud/instances/one/user-data.txt',
  '/var/lib/cloud/data/status.json',
  '/run/cloud-init/instance-data-sensitive.json',
  '/root/.ssh/authorized_keys',
  '/root/.bash_history',
  '/home/guest/.ssh/authorized_keys',
  '/home/guest/.ash_history',
  `/var/log/journal/${OLD_ID}/system@1-2-3.journal`,
  '/var/log/syslog.1',
];
const TO_EMPTY = ['/var/log/auth.log', '/var/log/cloud-init-output.log', '/etc/machine-id'];
const TO_KEEP = [
  '/etc/ssh/sshd_config',
  '/root/.ssh/known_hosts',
  '/var/lib/cloud/scripts/per-boot/own',
  '/home/guest/work',
];

function guest(shell: readonly string[], options?: FakeRootOptions): FakeRoot {
  const root = new FakeRoot(shell, options);
  for (const path of [...TO_LOSE, ...TO_EMPTY, ...TO_KEEP]) root.put({ [path]: `${SECRET}\n` });
  root.put({
    '/etc/passwd':
      'root:x:0:0::/root:/bin/sh\nnobody:x:9:9::/nonexistent:/bin/sh\nguest:x:1000:1000::/home/guest:/bin/sh',
    '/etc/hostname': 'template\n',
    '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 template.example template\n::1 localhost',
    '/etc/machine-id': `${OLD_ID}\n`,
  });
  return root;
}

function vmGenId(root: FakeRoot): void {
  const driver = join(root.folder, 'sys/bus/acpi/drivers/vmgenid');
  mkdirSync(driver, { recursive: true });
  symlinkSync('../../../../devices/QEMUVGID:00', join(driver, 'QEMUVGID:00'));
}

async function identity() {
  return await makeIdentity({
    hostname: 'web.example.org',
    instanceId: INSTANCE,
    hostKeyTypes: ['ed25519', 'ecdsa'],
  });
}

for (const shell of SHELLS) {
  const name = shell.join(' ');

  test(`${name}: a prepared guest has lost what is its own, and nothing else`, async () => {
    using root = guest(shell);
    const facts = await prepareGuest(root);
    assert.deepEqual(facts.hostKeyTypes, ['ed25519', 'rsa']);
    assert.deepEqual([facts.hasSystemd, facts.hasVmGenId], [true, false]);
    assert.deepEqual(
      TO_LOSE.filter((path) => root.has(path)),
      [],
    );
    assert.deepEqual(
      TO_EMPTY.map((path) => root.text(path)),
      ['', '', ''],
    );
    assert.deepEqual(
      TO_KEEP.map((path) => root.text(path)),
      TO_KEEP.map(() => `${SECRET}\n`),
    );
    assert.equal(root.text('/etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
    assert.equal(root.text('/etc/hostname'), 'localhost\n');
    assert.equal(root.text('/proc/sys/kernel/hostname'), 'localhost\n');
    assert.equal(root.text('/proc/sys/vm/drop_caches'), '3\n');
  });

  test(`${name}: what was stopped is started again in the copy, with new keys, names and seeds`, async () => {
    using root = guest(shell);
    vmGenId(root);
    root.standIn(
      'systemctl',
      'case $* in is-active*) case $* in *ssh.service | *networkd.s*) exit 0 ;; *) exit 3 ;; esac ;; esac',
    );
    const facts = await prepareGuest(root);
    assert.equal(facts.hasVmGenId, true);
    const holders = 'ssh.service systemd-networkd.socket systemd-networkd.service';
    assert.ok(root.calls().includes(`systemctl stop ${holders}`), root.calls().join('\n'));

    mkdirSync(join(root.folder, 'run/systemd/journal'));
    const fresh = await identity();
    assert.deepEqual(await renewGuest(root, fresh), { reseed: 'vmgenid', absent: [] });
    assert.equal(root.text('/etc/hostname'), 'web\n');
    assert.equal(root.text('/proc/sys/kernel/hostname'), 'web\n');
    assert.equal(
      root.text('/etc/hosts'),
      '127.0.1.1 web.example.org web\n127.0.0.1 localhost\n::1 localhost\n',
    );
    assert.equal(root.text('/etc/machine-id'), `${NEW_ID}\n`);
    for (const { type, privateKey, publicKey } of fresh.hostKeys) {
      const path = `/etc/ssh/ssh_host_${type}_key`;
      assert.deepEqual([root.text(path), root.mode(path)], [privateKey.reveal(), 0o600]);
      assert.deepEqual([root.text(`${path}.pub`), root.mode(`${path}.pub`)], [`${publicKey}\n`, 0o644]);
    }
    assert.equal(root.text('/dev/urandom'), fresh.randomSeed.reveal());
    assert.match(root.text('/var/lib/systemd/random-seed'), /^[0-9a-f]{128}$/);
    assert.notEqual(root.text('/var/lib/systemd/random-seed'), fresh.randomSeed.reveal());
    assert.equal(root.mode('/var/lib/systemd/random-seed'), 0o600);
    assert.equal(root.has(`/var/log/journal/${OLD_ID}`), false);
    assert.equal(root.calls().at(-1), `systemctl --no-block restart systemd-journald.service ${holders}`);
    assert.equal(root.has('/run/novalet-stopped'), false);
  });

  test(`${name}: a copy of a guest that was not prepared loses the old keys, seeds and leases all the same`, async () => {
    using root = guest(shell);
    vmGenId(root);
    mkdirSync(join(root.folder, 'sys/fs/cgroup/system.slice/ssh.service'), { recursive: true });
    const { absent } = await renewGuest(root, await identity());
    assert.deepEqual(absent, []);
    assert.equal(root.has('/etc/ssh/ssh_host_rsa_key'), false);
    assert.notEqual(root.text('/etc/ssh/ssh_host_ed25519_key'), `${SECRET}\n`);
    assert.equal(root.has('/var/lib/dhcp/dhclient.eth0.leases'), false);
    assert.equal(root.text('/var/lib/systemd/credential.secret'), `${SECRET}\n`);
    assert.equal(root.text('/root/.ssh/authorized_keys'), `${SECRET}\n`);
    assert.equal(root.calls().at(-1), 'systemctl --no-block restart ssh.service');
  });

  test(`${name}: old keys without new ones are no renewal, and neither are random numbers as before`, async () => {
    using root = guest(shell);
    const request = { hostname: 'web', instanceId: INSTANCE, hostKeyTypes: [] };
    await assert.rejects(renewGuest(root, await makeIdentity(request)), (error) => {
      assert.ok(isFault(error, 'RENEWAL_INCOMPLETE'));
      assert.equal(error.details['parts'], 'host-keys,reseed');
      assert.match(
        error.message,
        /^the agent of web could not renew its SSH host keys, kernel's random numbers$/,
      );
      return true;
    });
  });

  test(`${name}: what cannot be written is named`, async () => {
    using root = guest(shell);
    vmGenId(root);
    await prepareGuest(root);
    mkdirSync(join(root.folder, 'etc/ssh/ssh_host_ed25519_key.pub'));
    rmSync(join(root.folder, 'etc/hostname'));
    mkdirSync(join(root.folder, 'etc/hostname'));
    await assert.rejects(renewGuest(root, await identity()), (error) => {
      assert.ok(isFault(error, 'RENEWAL_INCOMPLETE'));
      assert.equal(error.details['parts'], 'hostname,host-keys');
      return true;
    });
  });

  test(`${name}: input that was cut off changes no key, and is told as an answer without its end`, async () => {
    using root = guest(shell);
    const cut = {
      peer: root.peer,
      exec: (argv: readonly string[]) => root.exec(argv, { stdin: 'hostname web\nkey ed25519\n' }),
    };
    await assert.rejects(renewGuest(cut, await identity()), (error) =>
      isFault(error, 'RENEWAL_ANSWER_INVALID'),
    );
    assert.equal(root.has('/etc/ssh/ssh_host_ed25519_key.pub'), false);
  });
}

test('a guest without systemd, machine-id and SSH is prepared and renewed by what it has', async () => {
  using root = new FakeRoot(['busybox', 'sh'], { hasSystemd: false });
  vmGenId(root);
  root.put({ '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n', '/etc/hostname': 'minimal\n' });
  const facts = await prepareGuest(root);
  assert.deepEqual([facts.hostKeyTypes, facts.hasSystemd, facts.hasVmGenId], [[], false, true]);
  const { absent } = await renewGuest(root, await identity());
  assert.deepEqual(absent, ['machine-id', 'host-keys']);
  assert.equal(root.text('/etc/hosts'), '127.0.1.1 web.example.org web\n');
  assert.equal(root.has('/etc/machine-id'), false);
});

test('a service of an init script is stopped, and started again in the copy', async () => {
  using root = guest(['dash'], { hasSystemd: false });
  vmGenId(root);
  mkdirSync(join(root.folder, 'etc/init.d'), { recursive: true });
  symlinkSync('/stand-ins/sshd', join(root.folder, 'etc/init.d/sshd'));
  root.standIn('sshd', 'exit 0');
  await prepareGuest(root);
  await renewGuest(root, await identity());
  assert.deepEqual(
    root.calls().filter((call) => call.startsWith('sshd')),
    ['sshd status', 'sshd stop', 'sshd start'],
  );
});

test('without the VM generation ID the kernel is ordered to take up the seed, by perl', async () => {
  using root = guest(['dash'], { mayReseed: true });
  assert.equal((await renewGuest(root, await identity())).reseed, 'ioctl');
});

test("the clock is set to the host's, to the millisecond, or to the second where date knows no more", async () => {
  using root = guest(['dash']);
  vmGenId(root);
  await renewGuest(root, await identity());
  const [exact = ''] = root.calls();
  const told = Number(/^date -u -s @(\d+\.\d{3})$/.exec(exact)?.[1]) * 1000;
  assert.ok(told <= Date.now() && told > Date.now() - 60_000, exact);
  root.standIn('date', 'case $* in *.*) exit 1 ;; esac');
  await renewGuest(root, await identity());
  const dates = root.calls().filter((call) => call.startsWith('date'));
  assert.match(dates.at(-1) ?? '', /^date -u -s @\d+$/);
});

test('a preparation that fails names what is left', async () => {
  using root = guest(['dash']);
  root.standIn('journalctl', 'exit 1');
  await assert.rejects(prepareGuest(root), (error) => {
    assert.ok(isFault(error, 'PREPARATION_INCOMPLETE'));
    assert.equal(error.details['parts'], 'logs');
    return true;
  });
});
