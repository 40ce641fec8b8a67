// Preparation and renewal in a whole Debian: systemd, sshd, a journal on disk, and a second run of cloud-init that finds the
// card of the new instance.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../../src/compute/index.ts';
import {
  followRerun,
  type Identity,
  makeIdentity,
  prepareGuest,
  renewGuest,
  startRerun,
} from '../../../../src/guest/index.ts';
import { runProgram } from '../../../../src/hostlink/index.ts';
import type { Instance } from '../../../../src/model/index.ts';
import { SLOW_AGENT, World } from '../../support/world.ts';
import { AgentOfGuest } from './agent-of-guest.ts';

const BOOT_MS = 600_000; // without KVM on a busy host
const BOUND = { timeout: BOOT_MS };
/** Stands in the user data, in the name of a key, in logs of both; in a pattern that does not find itself. */
const SECRET = 'hare-secret';
const PATTERN = 'hare-[s]ecret';
const KEY = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDOvNxiKJ6NJ15RMDT48hc0hDegtZg3jDQBs6V4WyMMZ ${SECRET}`;
const USER_DATA = `#cloud-config
runcmd:
  - "echo ${SECRET} >/dev/null; echo run >>/root/runs"
`;
const NEW_ID = 'b7a6f1a0-6f5a-4c51-9d0a-6a1f1de0c0de';
const HOST_KEYS = 'cat /etc/ssh/ssh_host_*_key.pub | cut -d " " -f 1-2 | sort';

const world = await World.make(SLOW_AGENT);
after(() => world[Symbol.asyncDispose](), BOUND);
let compute: Compute;
let instance: Instance;
let guest: AgentOfGuest;
let identity: Identity;
let firstKeys = '';

before(async () => {
  await world.debianImage();
  compute = await world.compute();
  const sshKeys = [{ name: 'hare', publicKey: KEY }];
  const userData = Buffer.from(USER_DATA);
  instance = await compute.launch({ image: 'debian', name: 'vm', flavor: 'm1.small', sshKeys, userData });
  await compute.waitFor('vm', { kind: 'agent' }, { timeoutMs: BOOT_MS });
  guest = new AgentOfGuest(compute, 'vm');
  await compute.guests.cloudInitStatus('vm', { wait: true, timeoutMs: BOOT_MS });
  firstKeys = await guest.says(HOST_KEYS);
  await card('detach-interface');
  await guest.says('until [ "$(ls /sys/class/net)" = lo ]; do sleep 0.1; done');
}, BOUND);

/** Past novalet, whose record keeps it: as the card of a copy, which its drive and the network know before it is there. */
async function card(act: 'attach-interface' | 'detach-interface'): Promise<void> {
  const words = ['-c', 'qemu:///system', act, instance.domainName, '--live', '--type', 'network'];
  const source = act === 'attach-interface' ? ['--source', world.prefix, '--model', 'virtio'] : [];
  await runProgram('virsh', [...words, '--mac', instance.ports[0]?.mac ?? '', ...source]);
}

test('what it was told and has logged is found in no file any more', BOUND, async () => {
  const everywhere = `grep -rl ${PATTERN} /etc /var /root /home /run /tmp || :`;
  assert.match(await guest.says(everywhere), /user-data.txt[\s\S]*authorized_keys/);
  const facts = await prepareGuest(guest);
  assert.deepEqual(facts.hostKeyTypes, ['ed25519', 'ecdsa']);
  assert.deepEqual([facts.hasSystemd, facts.hasCloudInit, facts.isTrimmed], [true, true, true]);
  assert.equal(await guest.says(everywhere), '');
  assert.equal(
    await guest.says('hostname; cat /etc/machine-id; ls /etc/ssh/*key* 2>/dev/null || :'),
    'localhost',
  );
  assert.equal(await guest.says('systemctl is-active ssh systemd-networkd || :'), 'inactive\ninactive');
});

test('a copy has names, keys and a journal of its own, and its sshd shows the new keys', BOUND, async () => {
  await card('attach-interface');
  const hostKeyTypes = ['ed25519', 'ecdsa'] as const;
  identity = await makeIdentity({ hostname: 'web', instanceId: NEW_ID, hostKeyTypes });
  const { absent } = await renewGuest(guest, identity);
  assert.deepEqual(absent, []);
  assert.equal(await guest.says('hostname; cat /etc/machine-id'), `web\n${identity.machineId}`);
  const keys = identity.hostKeys
    .map(({ publicKey }) => publicKey.split(' ').slice(0, 2).join(' '))
    .toSorted();
  assert.equal(await guest.says(HOST_KEYS), keys.join('\n'));
  assert.equal(
    keys.some((key) => firstKeys.includes(key)),
    false,
  );
  await guest.says('until systemctl is-active --quiet ssh; do sleep 0.1; done');
  const shown = await guest.says(
    'ssh-keyscan -t ed25519,ecdsa 127.0.0.1 2>/dev/null | cut -d " " -f 2-3 | sort',
  );
  assert.equal(shown, keys.join('\n'));
  await guest.says(`until [ "$(ls /var/log/journal)" = ${identity.machineId} ]; do sleep 0.1; done`);
});

test(
  'its second run of cloud-init does what a first boot does, keeps the host keys, and finds the card',
  BOUND,
  async () => {
    const { jobs } = await compute.guest('vm', { via: 'agent' });
    const { id } = await startRerun(jobs, { clearLogs: false, keepHostKeys: true });
    const steps = await followRerun(jobs, id, {
      signal: AbortSignal.timeout(BOOT_MS),
      onBegin: () => undefined,
      onEnd: () => undefined,
    });
    assert.deepEqual(
      steps.map(({ exitCode }) => exitCode),
      [0, 0, 0, 0, 0],
    );
    const keys = identity.hostKeys
      .map(({ publicKey }) => publicKey.split(' ').slice(0, 2).join(' '))
      .toSorted();
    assert.equal(await guest.says(HOST_KEYS), keys.join('\n'));
    assert.equal(await guest.says('cat /root/runs'), 'run\nrun');
    assert.match(await guest.says('cat /home/debian/.ssh/authorized_keys'), new RegExp(SECRET));
    assert.doesNotMatch(await guest.says('cat /run/cloud-init/cloud.cfg'), /ssh_deletekeys/);
    const address = instance.ports[0]?.fixedIps[0]?.address ?? '';
    assert.match(
      await guest.says('networkctl reload; cat /etc/systemd/network/10-cloud-init-*'),
      /MACAddress=fa:16:3e/,
    );
    await guest.says(`until ip -o -4 addr | grep -q ' ${address}/'; do sleep 0.2; done`);
  },
);
