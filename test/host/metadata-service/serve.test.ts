// How `novalet serve --metadata` begins and ends, without a guest: a record alone makes a network one that is served.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { newUuid } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openConnection } from '../../../src/libvirt/index.ts';
import { ensureNetwork, metadataTable } from '../../../src/network/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { runCommand } from '../support/run-command.ts';
import { PACKAGE, World } from '../support/world.ts';
import { Serving } from './serving.ts';

const LIMIT = { timeout: 120_000 };
const NOVALET = join(PACKAGE, 'scripts', 'novalet');

async function linkAddresses(bridge: string): Promise<string> {
  return (await runProgram('ip', ['-6', 'address', 'show', 'dev', bridge])).stdout;
}

interface Inhabited {
  readonly bridge: string;
  readonly gateway: string;
  /** The instance's. */
  readonly address: string;
}

/** A network of ours with the instance of this number in it, in the records. */
async function inhabit(world: World, number = 1, name = world.prefix): Promise<Inhabited> {
  const { bridge, staticLeases } = await makeNetwork(name);
  const kept = staticLeases?.pairs[number];
  const [port] = anInstance().ports;
  assert.ok(staticLeases && kept && port);
  const binding = { kind: 'network', network: name, bridge } as const;
  const fixedIps = [{ address: kept.address, prefix: 24 }];
  const identity = { id: newUuid(), number, name: `n${number}`, domainName: `${world.prefix}-${number}` };
  const deviceName = `tapnvt${number}`;
  await world.compute(); // makes the state directory
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  store.instances.insert(
    anInstance({
      ...identity,
      vmState: 'stopped',
      ports: [{ ...port, ...kept, binding, fixedIps, deviceName }],
    }),
  );
  return { bridge, gateway: staticLeases.gateway, address: kept.address };
}

async function makeNetwork(name: string) {
  await using connection = await openConnection('qemu:///system');
  const wish = { name, subnet: null, domain: null };
  return await ensureNetwork(connection, wish, async (_key, work) => await work());
}

async function hasRules(world: World): Promise<boolean> {
  const table = metadataTable(join(world.stateDir, 'state'));
  return (await runProgram('nft', ['list', 'tables'])).stdout.includes(table);
}

test('SSH and metadata are served by one process', LIMIT, async () => {
  await using world = await World.make('ssh_gateway: { listen: "127.0.0.1:0" }');
  const key = join(world.stateDir, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const grants = '[{ instances: ["*"], privileges: [exec] }]';
  const subjects = `subjects: { all: { keys: ["${readFileSync(`${key}.pub`, 'utf8').trim()}"], grants: ${grants} } }`;
  writeFileSync(world.configFile, `${readFileSync(world.configFile, 'utf8')}\n${subjects}\n`);
  await using both = await Serving.start(world, ['--metadata', '--ssh']);
  assert.match(await both.said(/SSH/), /^Listening for SSH on 127\.0\.0\.1 port \d+$/);
});

test('who may not set rules is told before anything is opened', LIMIT, async () => {
  await using world = await World.make();
  const words = ['--bounding-set=-net_admin', '--', NOVALET, '--config', world.configFile];
  const { status, stderr } = await runCommand('setpriv', [...words, 'serve', '--metadata']);
  assert.notEqual(status, 0);
  assert.match(stderr, /METADATA_NEEDS_NET_ADMIN/);
  assert.match(stderr, /hint: Run it as root/);
});

test('in session mode there is nothing to serve', LIMIT, async () => {
  await using world = await World.make();
  const { status, stderr } = await world.novalet(['--connect', 'qemu:///session', 'serve', '--metadata']);
  assert.notEqual(status, 0);
  assert.match(stderr, /METADATA_NEEDS_SYSTEM/);
});

test('a bridge that libvirt makes anew is served again, and is left as it was', LIMIT, async () => {
  await using world = await World.make();
  const { bridge } = await inhabit(world);
  const setting = () => readFileSync(`/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`, 'utf8').trim();
  assert.equal(setting(), '1'); // libvirt's
  await using serving = await Serving.start(world);
  await serving.said(new RegExp(`^Listening for metadata on fe80::a9fe:a9fe%${bridge} port 8775$`));
  assert.match(await linkAddresses(bridge), /inet6 fe80::a9fe:a9fe\/64/);
  assert.equal([...(await linkAddresses(bridge)).matchAll(/inet6/g)].length, 1);
  await using connection = await openConnection('qemu:///system');
  const network = await connection.networkByName(world.prefix);
  await network.destroy();
  await network.start();
  while (!(await linkAddresses(bridge)).includes('fe80::a9fe:a9fe'));
  await serving.stop();
  assert.equal(await linkAddresses(bridge), '');
  assert.equal(setting(), '1');
});

test('what a killed service leaves is removed by the next command of somebody who may', LIMIT, async () => {
  await using world = await World.make();
  const { bridge } = await inhabit(world);
  await world.closeCompute();
  const serving = await Serving.start(world);
  await serving.said(/^Listening for metadata on fe80/);
  await world.novalet(['list']);
  assert.ok(await hasRules(world), 'a service that lives is left alone');
  await serving.stop('SIGKILL');
  assert.ok(await hasRules(world));
  const words = ['--bounding-set=-net_admin', '--', NOVALET, '--config', world.configFile, 'list'];
  assert.equal((await runCommand('setpriv', words)).status, 0);
  assert.ok(await hasRules(world), 'who may not change rules leaves them to others');
  assert.equal((await world.novalet(['list'])).status, 0);
  assert.ok(!(await hasRules(world)));
  assert.equal(await linkAddresses(bridge), '');
});

test(
  'rules are taken away at the end also where the address of the bridge is gone already',
  LIMIT,
  async () => {
    await using world = await World.make();
    const { bridge } = await inhabit(world);
    await using serving = await Serving.start(world);
    await serving.said(/^Listening for metadata on fe80/);
    await runProgram('ip', ['-6', 'address', 'flush', 'dev', bridge]);
    await serving.stop();
    assert.ok(!(await hasRules(world)));
  },
);

test('a network in which nothing can listen keeps no other from being served', LIMIT, async () => {
  await using world = await World.make();
  await inhabit(world);
  await using serving = await Serving.start(world);
  await serving.said(/^Listening for metadata on fe80/);
  const { staticLeases } = await makeNetwork(`${world.prefix}-b`);
  const taken = createServer().listen(8775, staticLeases?.gateway);
  await once(taken, 'listening');
  await inhabit(world, 2, `${world.prefix}-b`);
  const { address } = await inhabit(world, 3);
  const table = metadataTable(join(world.stateDir, 'state'));
  while (!(await runProgram('nft', ['list', 'table', 'bridge', table])).stdout.includes(address));
  taken.close();
  await once(taken, 'close');
});
