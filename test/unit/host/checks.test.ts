import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { decideAgentChannel } from '../../../src/host/check-guest-devices.ts';
import { decideLibvirt, decideVersions, type LibvirtSight } from '../../../src/host/check-libvirt.ts';
import { decideNetwork } from '../../../src/host/check-network.ts';
import { decidePlatform } from '../../../src/host/check-platform.ts';
import { decidePrograms, programNeeds } from '../../../src/host/check-programs.ts';
import { decideSocketPath } from '../../../src/host/check-socket-path.ts';
import { decideStateDir, type StateDirSight } from '../../../src/host/check-state-dir.ts';
import { decideVirtlogd } from '../../../src/host/check-virtlogd.ts';
import type { Finding } from '../../../src/host/finding.ts';

function assertFinding(finding: Finding, status: Finding['status'], fix?: RegExp): void {
  assert.equal(finding.status, status, finding.what);
  if (fix !== undefined) assert.match(finding.fix ?? '', fix);
  assert.equal(finding.fix === undefined, status === 'ok', 'there is a cure unless all is well');
}

test('libvirt that does not answer: each obstacle has its own cure', () => {
  const fault = new Fault('unavailable', 'LIBVIRT_UNREACHABLE', 'it cannot be reached');
  const sight: LibvirtSight = {
    uri: 'qemu:///system',
    isSession: false,
    socket: 'answers',
    isRoot: false,
    hasSystemd: true,
    fault,
  };
  assertFinding(decideLibvirt({ ...sight, fault: undefined }), 'ok');
  assertFinding(decideLibvirt({ ...sight, socket: 'missing' }), 'problem', /^systemctl .*apt install/);
  assertFinding(decideLibvirt({ ...sight, socket: 'refused', hasSystemd: false }), 'problem', /libvirtd -d/);
  assertFinding(decideLibvirt({ ...sight, socket: 'denied' }), 'problem', /usermod -aG libvirt/);
  assertFinding(decideLibvirt(sight), 'problem', /group libvirt/);
  assertFinding(decideLibvirt({ ...sight, isSession: true, socket: 'missing' }), 'problem', /libvirtd/);
  const denied = new Fault('denied', 'LIBVIRT_DENIED', 'polkit says no', { hint: 'ask somebody' });
  assertFinding(decideLibvirt({ ...sight, fault: denied }), 'problem', /usermod -aG libvirt/);
  assertFinding(decideLibvirt({ ...sight, isSession: true, fault: denied }), 'problem', /^ask somebody$/);
});

test('versions from the oldest that novalet was made for on are fine', () => {
  assertFinding(decideVersions({ libvirt: '10.0.0', hypervisor: '7.2.22' }), 'ok');
  assertFinding(decideVersions({ libvirt: '8.0.0', hypervisor: '6.2.0' }), 'ok');
  assertFinding(decideVersions({ libvirt: '7.6.0', hypervisor: '6.2.0' }), 'warning');
  assert.match(decideVersions({ libvirt: '9.0.0', hypervisor: '5.10.0' }).what, /QEMU 5\.10\.0/);
});

test('each missing program is named with its package; optional ones only warn', () => {
  const needs = programNeeds('x64');
  assert.equal(decidePrograms(needs, new Set()).length, 1);
  const [img, xz] = decidePrograms(needs, new Set(['qemu-img', 'xz']));
  assert.ok(img && xz);
  assertFinding(img, 'problem', /^apt install qemu-utils$/);
  assertFinding(xz, 'warning', /^apt install xz-utils$/);
  const arm = decidePrograms(programNeeds('arm64'), new Set(['qemu-system-aarch64']));
  assert.equal(arm[0]?.fix, 'apt install qemu-system-arm');
});

test('session mode makes no networks and needs no programs for them', () => {
  const names = programNeeds('x64', true).map(({ program }) => program);
  assert.ok(names.includes('qemu-img') && !names.includes('dnsmasq') && !names.includes('ip'), `${names}`);
});

test("sockets of agents must fit into Linux's 107 bytes where libvirt makes them below the configuration", () => {
  const home = (length: number) => `/${'h'.repeat(length - 1)}`;
  assertFinding(decideSocketPath({ configHome: home(28), libvirtVersion: '9.0.0' }), 'ok');
  const long = decideSocketPath({ configHome: home(30), libvirtVersion: '9.0.0' });
  assertFinding(long, 'problem', /XDG_CONFIG_HOME/);
  assert.match(long.what, / 2 characters too long/);
  assertFinding(decideSocketPath({ configHome: home(60), libvirtVersion: '10.0.0' }), 'ok');
});

test('the state directory must be open for QEMU on the whole way, and have room', () => {
  const open = { mode: 0o755, uid: 0, gid: 0 };
  const sight: StateDirSight = {
    path: '/srv/a/b',
    way: [
      { ...open, path: '/' },
      { ...open, path: '/srv' },
      { ...open, path: '/srv/a' },
    ],
    isWritable: true,
    freeBytes: 100 * 1024 ** 3,
    qemuUser: { name: 'libvirt-qemu', uid: 64055, gids: [64055] },
  };
  for (const finding of decideStateDir(sight)) assertFinding(finding, 'ok');
  const closed = sight.way.map((step) => (step.path === '/' ? step : { ...step, mode: 0o750 }));
  const [access] = decideStateDir({ ...sight, way: closed });
  assert.ok(access);
  assertFinding(access, 'problem', /^chmod o\+x \/srv && chmod o\+x \/srv\/a$/);
  assert.equal(decideStateDir({ ...sight, way: closed, qemuUser: null })[0]?.status, 'ok');
  assert.equal(decideStateDir({ ...sight, isWritable: false })[0]?.status, 'problem');
  assert.equal(decideStateDir({ ...sight, freeBytes: 5 * 1024 ** 3 })[1]?.status, 'warning');
  assert.equal(decideStateDir({ ...sight, freeBytes: 1024 ** 3 })[1]?.status, 'problem');
});

test('a network that is not made yet is fine, one that is stopped is told', () => {
  const sight = { name: 'novalet', isSession: false, networks: [{ name: 'default', active: false }] };
  assertFinding(decideNetwork(sight), 'ok');
  assertFinding(decideNetwork({ ...sight, networks: [{ name: 'novalet', active: true }] }), 'ok');
  assertFinding(
    decideNetwork({ ...sight, networks: [{ name: 'novalet', active: false }] }),
    'warning',
    /virsh net-start novalet/,
  );
  assertFinding(decideNetwork({ ...sight, networks: null }), 'problem');
  assertFinding(decideNetwork({ ...sight, isSession: true, networks: null }), 'ok');
});

test('the agent needs a channel to a unix socket', () => {
  const domcaps = (inside: string) => `<domainCapabilities><devices>${inside}</devices></domainCapabilities>`;
  const channel = `<channel supported='yes'><enum name='type'><value>pty</value><value>unix</value></enum></channel>`;
  assertFinding(decideAgentChannel(domcaps(channel)), 'ok');
  assertFinding(decideAgentChannel(domcaps('')), 'ok');
  assertFinding(decideAgentChannel(domcaps("<channel supported='no'/>")), 'problem');
  assertFinding(decideAgentChannel(domcaps(channel.replace('unix', 'tcp'))), 'problem');
});

test('virtlogd must answer where guests are those of the system', () => {
  const sight = { socket: 'answers', isSession: false, isRoot: true, hasSystemd: false } as const;
  assertFinding(decideVirtlogd(sight), 'ok');
  assertFinding(decideVirtlogd({ ...sight, socket: 'missing' }), 'problem', /^virtlogd -d$/);
  assertFinding(decideVirtlogd({ ...sight, socket: 'refused', hasSystemd: true }), 'problem', /systemctl/);
  assertFinding(decideVirtlogd({ ...sight, socket: 'denied', isRoot: false }), 'ok');
  assertFinding(decideVirtlogd({ ...sight, socket: 'missing', isSession: true }), 'ok');
});

test('other systems than those that were tried are told', () => {
  const sight = {
    platform: 'linux',
    arch: 'x64',
    osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    isVirtualMachine: true,
    confinement: ['AppArmor'],
  } as const;
  const [system, confinement] = decidePlatform(sight);
  assert.ok(system && confinement);
  assertFinding(system, 'ok');
  assert.equal(system.what, 'Debian GNU/Linux 12 (bookworm) on x64, itself a virtual machine');
  assertFinding(confinement, 'ok');
  const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n';
  assert.equal(decidePlatform({ ...sight, osRelease: mint })[0]?.status, 'ok');
  assert.equal(decidePlatform({ ...sight, osRelease: 'ID=fedora\n' })[0]?.status, 'warning');
  assert.equal(decidePlatform({ ...sight, arch: 'riscv64' })[0]?.status, 'warning');
});
