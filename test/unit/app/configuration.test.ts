import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadSettings } from '../../../src/app/configuration.ts';
import { isFault } from '../../../src/base/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'novalet-config-'));
after(() => rmSync(directory, { recursive: true }));

function file(text: string): string {
  const path = join(directory, `${Math.random()}.yaml`);
  writeFileSync(path, text);
  return path;
}

test('root works on the system, everybody else on their session, with XDG folders', async () => {
  const env = { HOME: '/nowhere/ada', XDG_CONFIG_HOME: directory };
  const user = await loadSettings({ env, uid: 1000 });
  assert.equal(user.connect, 'qemu:///session');
  assert.equal(user.stateDir, '/nowhere/ada/.local/share/novalet');
  const root = await loadSettings({ env, uid: 0, configFile: file('') });
  assert.equal(root.connect, 'qemu:///system');
  assert.equal(root.stateDir, '/var/lib/novalet');
});

test('the caller wins over the environment, which wins over the file, which wins over the defaults', async () => {
  const configFile = file('connect: qemu:///file\nstate_dir: /file\ndefault_flavor: m1.tiny\n');
  const env = { NOVALET_STATE_DIR: '/env', NOVALET_CONNECT: 'qemu:///env' };
  const settings = await loadSettings({ configFile, env, uid: 0, connect: 'qemu:///caller' });
  assert.equal(settings.connect, 'qemu:///caller');
  assert.equal(settings.stateDir, '/env');
  assert.equal(settings.defaultFlavor, 'm1.tiny');
  assert.equal(settings.instanceNameTemplate, 'instance-%08x');
});

test('every key of the file reaches its setting', async () => {
  const text = `
instance_name_template: vm-%d
virt_type: qemu
cpu_mode: maximum
network: { name: lab, subnet: 10.9.0.0/24 }
vnc: { enabled: false }
image_mirrors: { debian: "http://mirror/debian" }
shutdown_timeout: 5
agent_timeout: 40
max_concurrent_builds: 2
`;
  const settings = await loadSettings({ configFile: file(text), env: {}, uid: 0 });
  assert.equal(settings.instanceNameTemplate, 'vm-%d');
  assert.equal(settings.virtType, 'qemu');
  assert.equal(settings.cpuMode, 'maximum');
  assert.equal(settings.networkName, 'lab');
  assert.equal(settings.networkSubnet, '10.9.0.0/24');
  assert.equal(settings.vncListen, null);
  assert.deepEqual(settings.imageMirrors, { debian: 'http://mirror/debian' });
  assert.equal(settings.shutdownTimeoutS, 5);
  assert.equal(settings.agentTimeoutS, 40);
  assert.equal(settings.workLimits.builds, 2);
});

for (const [text, word] of [
  ['virt_type: xen', 'virt_type'],
  ['virt_typ: kvm', 'virt_typ'],
  ['instance_name_template: vm', 'instance_name_template'],
  ['connect: [', 'flow'],
  ['a: &a [x]\nconnect: *a', 'connect|alias|Alias'],
] as const) {
  test(`a wrong file is refused with the place: ${JSON.stringify(text)}`, async () => {
    await assert.rejects(loadSettings({ configFile: file(text), env: {}, uid: 0 }), (error) => {
      assert.ok(isFault(error, 'CONFIG_INVALID'), String(error));
      assert.match(error.message, new RegExp(word, 'i'));
      return true;
    });
  });
}

test('a file that was named and is not there is an error', async () => {
  await assert.rejects(loadSettings({ configFile: '/no/such/file', env: {}, uid: 0 }), (error) =>
    isFault(error, 'CONFIG_NOT_FOUND'),
  );
});

test("each of libvirt's modes has a state directory of its own, and a display that others cannot open in session mode", async () => {
  const env = { HOME: '/nowhere/ada', XDG_CONFIG_HOME: directory };
  const session = await loadSettings({ env, uid: 1000 });
  assert.equal(session.vncListen, 'socket');
  const system = await loadSettings({ env, uid: 1000, connect: 'qemu:///system' });
  assert.equal(system.stateDir, '/nowhere/ada/.local/share/novalet-system');
  assert.equal(system.vncListen, '127.0.0.1');
  const root = await loadSettings({ env, uid: 0, connect: 'qemu:///session', configFile: file('') });
  assert.equal(root.stateDir, '/nowhere/ada/.local/share/novalet');
  const listen = await loadSettings({ env, uid: 1000, configFile: file('vnc: { listen: "::1" }') });
  assert.equal(listen.vncListen, '::1');
});

test('an XDG folder that is empty or not absolute is as if it were not set', async () => {
  for (const folder of ['', 'data']) {
    const env = { HOME: '/nowhere/ada', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    assert.equal((await loadSettings({ env, uid: 1000 })).stateDir, '/nowhere/ada/.local/share/novalet');
  }
  const env = { HOME: '/nowhere/ada', XDG_DATA_HOME: '/data', XDG_CONFIG_HOME: directory };
  assert.equal((await loadSettings({ env, uid: 1000 })).stateDir, '/data/novalet');
});
