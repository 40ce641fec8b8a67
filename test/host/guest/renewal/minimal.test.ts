// Preparation and renewal in a guest of busybox, as its own kernel and shell see it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serverProgram } from '../../../../src/compute/lanes.ts';
import {
  type Identity,
  makeIdentity,
  placeReseeder,
  prepareGuest,
  renewGuest,
} from '../../../../src/guest/index.ts';
import { World } from '../../support/world.ts';
import { AgentOfGuest } from './agent-of-guest.ts';

const BOUND = { timeout: 240_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose](), BOUND);
let guest: AgentOfGuest;
let identity: Identity;

before(async () => {
  const image = await world.minimalImage();
  const compute = await world.compute();
  const { id } = await compute.launch({ image, name: 'vm', network: 'none' });
  await compute.waitFor('vm', { kind: 'agent' }, { timeoutMs: 120_000 });
  guest = new AgentOfGuest(compute, 'vm');
  identity = await makeIdentity({
    hostname: 'web.example.org',
    instanceId: id,
    hostKeyTypes: ['ed25519', 'ecdsa'],
  });
}, BOUND);

test('what is its own is gone, and what a copy needs for random numbers is there', BOUND, async () => {
  await guest.says('mkdir -p /etc/ssh /var/lib/cloud/instances/one /root/.ssh /var/log');
  for (const file of [
    '/etc/ssh/ssh_host_ed25519_key',
    '/etc/machine-id',
    '/var/lib/cloud/instances/one/user-data.txt',
  ])
    await guest.says(`echo hare-secret >${file}`);
  await guest.says(
    'for file in /root/.ssh/authorized_keys /root/.ash_history /var/log/messages; do echo hare-secret >$file; done',
  );
  assert.deepEqual(await prepareGuest(guest), {
    hostKeyTypes: ['ed25519'],
    hasSystemd: false,
    hasCloudInit: false,
    hasVmGenId: false,
    isTrimmed: false, // all of its files are in memory
  });
  await placeReseeder(guest, await serverProgram());
  assert.equal(await guest.says('grep -rl hare-secret /etc /var /root /home /run || echo none'), 'none');
  assert.equal(await guest.says('hostname; cat /etc/machine-id'), 'localhost');
});

test('it has the new names, keys and clock, and leaves nothing of ours behind', BOUND, async () => {
  await guest.says('date -s @1000000000');
  assert.deepEqual(await renewGuest(guest, identity), { reseed: 'ioctl', absent: [] });
  assert.ok(Math.abs(Number(await guest.says('date +%s')) * 1000 - Date.now()) < 60_000);
  assert.equal(
    await guest.says('hostname; cat /etc/hostname /etc/machine-id'),
    `web\nweb\n${identity.machineId}`,
  );
  for (const { type, privateKey, publicKey } of identity.hostKeys) {
    const path = `/etc/ssh/ssh_host_${type}_key`;
    assert.equal(`${await guest.says(`cat ${path}`)}\n`, privateKey.reveal());
    assert.equal(await guest.says(`cat ${path}.pub`), publicKey);
    assert.equal(await guest.says(`stat -c %a ${path} ${path}.pub`), '600\n644');
  }
  assert.equal(await guest.says('ls -d /run/novalet-* /etc/ssh/* 2>/dev/null | wc -l'), '4');
});
