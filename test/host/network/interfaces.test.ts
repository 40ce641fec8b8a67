// Network interfaces that come and go while guests run and while they are off: record, addresses, definition, running domain
// and guest agree at every point where somebody may look, also after kill -9.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Port } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
const world = await World.make('num_pcie_ports: 12');
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  await compute.launch({ image: 'minimal', name: 'vm' });
  await ready();
});

async function ready(): Promise<void> {
  await compute.waitFor('vm', { kind: 'agent' }, { timeoutMs: 120_000 });
}

async function inGuest(script: string): Promise<string> {
  const { stdout } = await compute.exec('vm', { argv: ['sh', '-c', script], timeoutMs: 60_000 });
  return stdout.toString().trim();
}

/** MAC addresses by who says so: the record, the definition, the running domain; and addresses that are kept. */
async function told() {
  const { instance } = await compute.show('vm');
  using store = openStore(`${world.stateDir}/state/novalet.db`);
  return {
    record: instance.ports.map(({ mac }) => mac),
    definition: await macsOf(instance.domainName, ['--inactive']),
    live: await macsOf(instance.domainName, []),
    kept: store.addresses
      .ofInstance(instance.id)
      .map(({ mac }) => mac)
      .toSorted(),
    task: instance.taskState,
  };
}

async function macsOf(domain: string, options: readonly string[]): Promise<readonly string[]> {
  const words = ['-c', 'qemu:///system', 'dumpxml', domain, ...options];
  const { stdout } = await runProgram('virsh', words);
  return [...stdout.matchAll(/<mac address='([^']+)'/g)].map(([, mac = '']) => mac);
}

/** Everybody says the same. */
async function assertAgreed(macs: readonly string[]): Promise<void> {
  assert.deepEqual(await told(), {
    ...{ record: macs, definition: macs, live: macs, kept: macs.toSorted(), task: null },
  });
}

async function macs(): Promise<readonly string[]> {
  return (await compute.show('vm')).instance.ports.map(({ mac }) => mac);
}

function addressOf({ fixedIps }: Port): string {
  return fixedIps[0]?.address ?? '';
}

test(
  'a card that is attached to a running guest has its address inside, by DHCP as by hand',
  BOUND,
  async () => {
    const [first = ''] = await macs();
    const { port, inside } = await compute.interfaces.attach('vm');
    assert.ok(inside.kind === 'configured', JSON.stringify(inside));
    assert.equal(inside.by, 'udhcpc');
    assert.ok(inside.addresses.includes(`${addressOf(port)}/24`), inside.addresses.join());
    assert.equal(await inGuest(`cat /sys/class/net/${inside.name}/address`), port.mac);
    await assertAgreed([first, port.mac]);

    const address = addressOf(port).replace(/\d+$/, '99');
    const addressing = [{ kind: 'static', address } as const];
    const { port: fixed, inside: byHand } = await compute.interfaces.attach('vm', { addressing });
    assert.ok(byHand.kind === 'configured', JSON.stringify(byHand));
    assert.deepEqual([byHand.by, byHand.addresses.includes(`${address}/24`)], ['ip', true]);
    await assertAgreed([first, port.mac, fixed.mac]);
    const listed = await compute.interfaces.list('vm');
    assert.deepEqual(
      listed.map(({ port: { mac }, isLive }) => [mac, isLive]),
      [first, port.mac, fixed.mac].map((mac) => [mac, true]),
    );
    await assert.rejects(compute.interfaces.attach('vm', { addressing }), (error) =>
      isFault(error, 'ADDRESS_TAKEN'),
    );
    await assertAgreed([first, port.mac, fixed.mac]);
  },
);

test('a card that is detached is gone from the guest, and its address is free', BOUND, async () => {
  const [first = '', second = '', third = ''] = await macs();
  const { instance } = await compute.show('vm');
  const address = addressOf(instance.ports[2] ?? assert.fail());
  assert.equal((await compute.interfaces.detach('vm', address)).mac, third);
  await assertAgreed([first, second]);
  assert.equal((await compute.interfaces.detach('vm', second.toUpperCase())).mac, second);
  await assertAgreed([first]);
  assert.equal(await inGuest('cat /sys/class/net/*/address | grep -c fa:16:3e'), '1');
  await assert.rejects(compute.interfaces.detach('vm', second), (error) =>
    isFault(error, 'INTERFACE_NOT_FOUND'),
  );
});

test('a guest that looks after new cards itself, as with netplug, is left alone', BOUND, async () => {
  const [first] = (await compute.show('vm')).instance.ports;
  const address = first === undefined ? '' : addressOf(first).replace(/\d+$/, '98');
  const script = `[ "$ACTION $SUBSYSTEM" = 'add net' ] || exit 0
ip link set "$INTERFACE" up; ip addr add ${address}/24 dev "$INTERFACE"`;
  await inGuest(`printf '#!/bin/sh\n%s\n' '${script.replaceAll("'", "'\\''")}' >/tmp/plug; chmod +x /tmp/plug
    uevent /tmp/plug </dev/null >/dev/null 2>&1 & until pidof uevent; do sleep 0.1; done`);
  const { port, inside } = await compute.interfaces.attach('vm', {
    addressing: [{ kind: 'static', address }],
  });
  assert.ok(inside.kind === 'configured', JSON.stringify(inside));
  assert.deepEqual([inside.by, inside.addresses.includes(`${address}/24`)], ['itself', true]);
  await inGuest('kill $(pidof uevent)');
  await compute.interfaces.detach('vm', port.mac);
});

test(
  'a paused guest gets a card, which it sees when it goes on, and is not asked to let one go',
  BOUND,
  async () => {
    const before = await macs();
    await compute.pause('vm');
    const { port, inside } = await compute.interfaces.attach('vm');
    assert.equal(inside.kind, 'left');
    await assert.rejects(compute.interfaces.detach('vm', port.mac), (error) =>
      isFault(error, 'INSTANCE_STATE_CONFLICT'),
    );
    await compute.unpause('vm');
    await assertAgreed([...before, port.mac]);
    await inGuest(`until grep -q ${port.mac} /sys/class/net/*/address; do sleep 0.1; done`);
    await compute.interfaces.detach('vm', port.mac);
    await assertAgreed(before);
  },
);

test('the command line does the same, and leaves the guest alone when it is told to', BOUND, async () => {
  const attached = await world.novalet(['interface', 'attach', 'vm', '--no-configure', '-o', 'json']);
  assert.deepEqual([attached.status, attached.stderr], [0, '']);
  const { mac, id, inside } = JSON.parse(attached.stdout);
  assert.deepEqual([inside.state, inside.name], ['left', null]);
  const listed = await world.novalet(['interface', 'list', 'vm']);
  assert.match(listed.stdout, new RegExp(`^${mac}  ${world.prefix}  tap.* attached$`, 'm'));
  const refused = await world.novalet(['interface', 'attach', 'vm', '--network', 'none']);
  assert.equal(refused.status, 2, refused.stderr);
  const detached = await world.novalet(['interface', 'detach', 'vm', id.slice(0, 8)]);
  assert.equal(detached.status, 0);
  assert.match(detached.stderr, new RegExp(`Detached ${mac} from vm\\n$`));
  await assertAgreed(await macs());
});

for (const when of ['before', 'middle', 'after']) {
  test(`killed ${when} libvirt attaches or detaches, the next command makes all agree`, BOUND, async () => {
    const [first = ''] = await macs();
    await world.closeCompute();
    await dies(['attach', when]);
    compute = await world.compute();
    const left = await macs();
    await assertAgreed(left);
    assert.equal(left.length, when === 'after' ? 2 : left.length);
    const second = left[1] ?? (await compute.interfaces.attach('vm', { configure: false })).port.mac;
    await world.closeCompute();
    await dies([second, when]);
    compute = await world.compute();
    const rest = await macs();
    await assertAgreed(rest);
    if (rest.length === 2) await compute.interfaces.detach('vm', second);
    await assertAgreed([first]);
  });
}

async function dies(words: readonly string[]): Promise<void> {
  const [which = '', when = ''] = words;
  const program = join(PACKAGE, 'test', 'host', 'network', 'interface-and-die.ts');
  const child = spawn(process.execPath, [program, world.configFile, 'vm', which, when], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 120_000,
  });
  const [code, signal] = await once(child, 'close');
  assert.ok(signal === 'SIGKILL' || (when === 'middle' && code === 0), `${code} ${signal}`);
}

test(
  'a guest that is off gets a card for its next start, and loses one without being asked',
  BOUND,
  async () => {
    await compute.stop('vm', { force: true });
    const [first = ''] = await macs();
    const { port, inside } = await compute.interfaces.attach('vm');
    assert.equal(inside.kind, 'left');
    const other = await compute.interfaces.attach('vm', { mtu: 1400 });
    await compute.interfaces.detach('vm', port.deviceName);
    await compute.start('vm');
    await ready();
    await assertAgreed([first, other.port.mac]);
    assert.equal(await inGuest('cat /sys/class/net/*/address | grep -c fa:16:3e'), '2');
    await compute.reboot('vm', { hard: true });
    await assertAgreed([first, other.port.mac]);
  },
);
