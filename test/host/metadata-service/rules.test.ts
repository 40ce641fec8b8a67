// Guests as network namespaces on a bridge, in a namespace that stands for the host: who reaches the metadata service, and
// as whom. A veth stands for a tap: the rules know a device by its name alone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../../src/hostlink/index.ts';
import {
  METADATA_ADDRESS,
  metadataRules,
  metadataRulesRemoval,
  type ServedPort,
} from '../../../src/network/index.ts';

const [DOOR, ASK] = ['door.ts', 'ask.ts'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
const GATEWAY = '192.0.2.1';
const DOOR_PORT = 8775;
const TABLE = 'nvt';
const HOST = `nvt-host-${process.pid}`;
const NETWORK = { bridge: 'nvbr0', gateway: GATEWAY, port: DOOR_PORT };
/** An instance that exists, and that nobody here is. */
const ABSENT = '192.0.2.9';

const ONE: ServedPort = { device: 'tap1', mac: 'fa:16:3e:00:00:01', addresses: ['192.0.2.2'] };
const TWO: ServedPort = { device: 'tap2', mac: 'fa:16:3e:00:00:02', addresses: ['192.0.2.3'] };
/** On the bridge, and in no record. */
const STRANGER: ServedPort = { device: 'tap3', mac: 'fa:16:3e:00:00:03', addresses: ['192.0.2.4'] };

const guestOf = ({ device }: ServedPort) => `nvt-${device}-${process.pid}`;

async function ip(line: string): Promise<string> {
  return (await runProgram('ip', line.split(' '), { timeoutMs: 60_000 })).stdout;
}

async function nft(rules: string): Promise<void> {
  await runProgram('ip', ['netns', 'exec', HOST, 'nft', '-f', '-'], { timeoutMs: 60_000, stdin: rules });
}

async function addGuest(guest: ServedPort): Promise<void> {
  const [name, { device, mac, addresses }] = [guestOf(guest), guest];
  await ip(`netns add ${name}`);
  await ip(`-n ${HOST} link add ${device} type veth peer name eth0 netns ${name}`);
  await ip(`-n ${HOST} link set ${device} master nvbr0 up`);
  await ip(`-n ${name} link set eth0 address ${mac} up`);
  for (const address of [...addresses, ABSENT]) await ip(`-n ${name} addr add ${address}/24 dev eth0`);
  await ip(`-n ${name} route add default via ${GATEWAY}`);
}

/** What the guest reads of itself when it asks from this address, however long a busy host takes. */
async function ask(guest: ServedPort, from: string): Promise<string> {
  return await asked(guest, `20000 ${from} ${METADATA_ADDRESS} 80`);
}

/** The same where nobody may answer. */
async function askInVain(guest: ServedPort, from: string, at = `${METADATA_ADDRESS} 80`): Promise<string> {
  return await asked(guest, `1000 ${from} ${at}`);
}

async function asked(guest: ServedPort, words: string): Promise<string> {
  return await ip(`netns exec ${guestOf(guest)} ${process.execPath} ${ASK} ${words}`);
}

/** A host with a bridge, a card of each guest in it, and a service that says who asks. */
async function makeHost(context: TestContext): Promise<void> {
  context.after(async () => {
    await Promise.allSettled(
      [HOST, ...[ONE, TWO, STRANGER].map(guestOf)].map((name) => ip(`netns delete ${name}`)),
    );
  });
  await ip(`netns add ${HOST}`);
  await ip(`-n ${HOST} link add nvbr0 type bridge forward_delay 0`);
  await ip(`-n ${HOST} addr add ${GATEWAY}/24 dev nvbr0`);
  await ip(`-n ${HOST} link set nvbr0 up`);
  for (const guest of [ONE, TWO, STRANGER]) await addGuest(guest);
  const known = ['192.0.2.2', '192.0.2.3', '192.0.2.4', ABSENT];
  const door = spawn(
    'ip',
    ['netns', 'exec', HOST, process.execPath, DOOR ?? '', GATEWAY, String(DOOR_PORT), ...known],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  context.after(() => door.kill());
  await once(door.stdout, 'data');
}

test('a guest asks as itself, and as nobody else', async (context) => {
  await makeHost(context);

  await context.test('a forged address would be believed without the rules', async () => {
    await nft(metadataRules(TABLE, [NETWORK], [{ ...ONE, addresses: ['192.0.2.2', ABSENT] }]));
    assert.equal(await ask(ONE, ABSENT), `guest ${ABSENT}`);
    await ip(`-n ${HOST} neigh flush dev nvbr0`);
  });

  await nft(metadataRules(TABLE, [NETWORK], [ONE, TWO]));

  await context.test('each guest reads its own', async () => {
    assert.equal(await ask(ONE, '192.0.2.2'), 'guest 192.0.2.2');
    assert.equal(await ask(TWO, '192.0.2.3'), 'guest 192.0.2.3');
  });

  await context.test('a forged address is answered nothing', async () => {
    assert.equal(await askInVain(ONE, ABSENT), 'nothing');
  });

  await context.test('the port behind the address cannot be asked itself', async () => {
    assert.equal(await askInVain(ONE, '192.0.2.2', `${GATEWAY} ${DOOR_PORT}`), 'nothing');
  });

  await context.test('a device that is no card of a guest reaches nothing, whatever it says', async () => {
    assert.equal(await askInVain(STRANGER, '192.0.2.4'), 'nothing');
    assert.equal(await askInVain(STRANGER, ABSENT), 'nothing');
    assert.equal(await askInVain(STRANGER, ABSENT, `${GATEWAY} ${DOOR_PORT}`), 'nothing');
  });

  await context.test("a stranger's claim to another's address is not believed", async () => {
    await ip(`-n ${guestOf(STRANGER)} addr add 192.0.2.2/24 dev eth0`);
    assert.equal(await ask(ONE, '192.0.2.2'), 'guest 192.0.2.2'); // so that the host knows whose it is
    assert.equal(await askInVain(STRANGER, '192.0.2.2'), 'nothing');
    assert.match(await ip(`-n ${HOST} neigh show 192.0.2.2`), new RegExp(`lladdr ${ONE.mac}`));
    assert.equal(await ask(ONE, '192.0.2.2'), 'guest 192.0.2.2');
    await ip(`-n ${guestOf(STRANGER)} addr del 192.0.2.2/24 dev eth0`);
  });

  await context.test(
    "a stranger with another's MAC address does not draw to itself what is answered",
    async () => {
      await ip(`-n ${guestOf(STRANGER)} link set eth0 address ${ONE.mac}`);
      assert.equal(await askInVain(STRANGER, '192.0.2.4'), 'nothing');
      assert.equal(await ask(ONE, '192.0.2.2'), 'guest 192.0.2.2');
      await ip(`-n ${guestOf(STRANGER)} link set eth0 address ${STRANGER.mac}`);
    },
  );

  await context.test('a forged MAC address is answered nothing', async () => {
    await ip(`-n ${guestOf(TWO)} link set eth0 address ${ONE.mac}`);
    assert.equal(await askInVain(TWO, '192.0.2.3'), 'nothing');
    assert.equal(await ask(ONE, '192.0.2.2'), 'guest 192.0.2.2');
  });

  await context.test('nothing is left of the rules, also when they are removed twice', async () => {
    await nft(metadataRulesRemoval(TABLE));
    await nft(metadataRulesRemoval(TABLE));
    assert.equal(await ip(`netns exec ${HOST} nft list tables`), '');
    assert.equal(await askInVain(ONE, '192.0.2.2'), 'nothing');
  });
});
