// What reaches users that a grant does not name is refused before libvirt or the guest is asked anything.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadSettings } from '../../../src/app/configuration.ts';
import { Secret } from '../../../src/base/index.ts';
import { Engine } from '../../../src/compute/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const DENIED = { code: 'PRIVILEGE_MISSING' };
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0W0rXxH0m0oQy0y5X0Jm0n0l0k0j0i0h0g0f0e0d0c';

/** An engine for somebody who may be `app` only, without a libvirt. */
async function engineFor(context: TestContext): Promise<Engine> {
  return (await engineAt(context)).engine;
}

async function engineAt(context: TestContext) {
  const stateDir = mkdtempSync(join(tmpdir(), 'nvt-privileges-'));
  context.after(() => rmSync(stateDir, { recursive: true }));
  {
    using store = openStore(join(stateDir, 'novalet.db'));
    store.instances.insert(anInstance({ vmState: 'active' }));
  }
  const connect = 'qemu:///system?socket=/nonexistent';
  const settings = await loadSettings({ connect, env: { NOVALET_STATE_DIR: stateDir }, uid: 1 });
  const grants = [
    { instances: ['*'], privileges: ['info', 'exec', 'credentials', 'forward'], guestUsers: ['app'] },
  ] as const;
  const access = { ...settings.access, subjects: [{ name: 'alice', keys: [], grants }] };
  const engine = await Engine.open({ ...settings, access }, { log: SILENT, version: '0', subject: 'alice' });
  context.after(() => engine[Symbol.asyncDispose]());
  const lines = () =>
    readFileSync(join(stateDir, 'audit.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { engine, lines };
}

test('a password is changed only of users that the grant names, also when no user is said', async (context) => {
  const engine = await engineFor(context);
  const { name } = anInstance();
  const password = new Secret('correct horse');
  await assert.rejects(engine.setPassword(name, { password }), DENIED);
  await assert.rejects(engine.setPassword(name, { password, user: 'root' }), DENIED);
  await assert.rejects(engine.setPassword(name, { password, user: 'app' }), { code: 'LIBVIRT_UNREACHABLE' });
});

test('keys are seen and changed only of users that the grant names, however the user is said', async (context) => {
  const keys = await (await engineFor(context)).keys(anInstance().name);
  await assert.rejects(keys.list(), DENIED);
  await assert.rejects(keys.list('root'), DENIED);
  await assert.rejects(keys.remove(['SHA256:x'], 'root'), DENIED);
  await assert.rejects(keys.remove(['SHA256:x']), DENIED);
  await assert.rejects(keys.add([KEY]), DENIED);
  await assert.rejects(keys.add([KEY], { user: 'root' }), DENIED);
  await assert.rejects(keys.list('app'), { code: 'LIBVIRT_UNREACHABLE' });
});

test("the agent's own commands, which are root's, are not for who may be another user only", async (context) => {
  const { guests } = await engineFor(context);
  const { name } = anInstance();
  const request = { command: 'guest-exec', arguments: { path: '/bin/id' } };
  await assert.rejects(guests.call(name, request), DENIED);
  await assert.rejects(guests.facts(name), { code: 'LIBVIRT_UNREACHABLE' });
});

test('what is inside is connected to and listened on as a user that the grant names only', async (context) => {
  const guest = await (await engineFor(context)).guest(anInstance().name);
  const ignore = () => undefined;
  const addresses = [{ path: '/run/docker.sock' }, { host: '127.0.0.1', port: 22 }];
  for (const address of addresses) {
    for (const options of [{}, { user: 'root' }]) {
      await assert.rejects(guest.connect(address, options), DENIED);
      await assert.rejects(guest.listen(address, ignore, options), DENIED);
    }
    const asApp = { user: 'app' };
    await assert.rejects(guest.connect(address, asApp), { code: 'LIBVIRT_UNREACHABLE' });
    await assert.rejects(guest.listen(address, ignore, asApp), { code: 'LIBVIRT_UNREACHABLE' });
  }
});

test("the library's reaches are one line of the audit each, those that were refused too, and hold no secret", async (context) => {
  const { engine, lines } = await engineAt(context);
  const { id, name } = anInstance();
  const password = new Secret('correct horse');
  await assert.rejects(engine.setPassword(name, { password, user: 'root' }), DENIED);
  await assert.rejects(engine.setPassword(name, { password, user: 'app' }), { code: 'LIBVIRT_UNREACHABLE' });
  const argv = ['psql', '--password=hunter2'];
  const env = { TOKEN: 'hunter3' };
  await assert.rejects(engine.exec(name, { argv, env, user: 'app', stdin: Buffer.from('hunter4') }), {
    code: 'LIBVIRT_UNREACHABLE',
  });
  const told = lines().map(({ what, privilege, guestUser, outcome, code }) => [
    ...[what, privilege, guestUser, outcome, code],
  ]);
  assert.deepEqual(told, [
    ['setPassword', 'credentials', 'root', 'denied', 'PRIVILEGE_MISSING'],
    ['setPassword', 'credentials', 'app', 'failed', 'LIBVIRT_UNREACHABLE'],
    ['exec', 'exec', 'app', 'failed', 'LIBVIRT_UNREACHABLE'],
  ]);
  for (const line of lines()) {
    assert.deepEqual([line.subject, line.origin, line.instance], ['alice', 'library', { id, name }]);
    assert.ok(line.ms >= 0 && line.pid === process.pid && Date.parse(line.time) <= Date.now());
    assert.ok('via' in line && 'target' in line);
  }
  assert.equal(lines()[2].target, 'psql');
  assert.doesNotMatch(JSON.stringify(lines()), /hunter|correct horse/);
});
