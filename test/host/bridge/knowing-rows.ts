// Passwords, keys, facts, clock, space, processors and freezing: acts of the agent, seen from inside by the road of the row.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isFault, Secret } from '../../../src/base/index.ts';
import { ED25519_KEY } from '../../unit/metadata/sample.ts';
import { type Row, ran, sh } from './rows.ts';

export const KNOWING_ROWS: readonly Row[] = [
  {
    name: 'a password is set, plain and crypted, and can be made to expire',
    run: async (place) => {
      const { compute, name, user } = place;
      const entry = async () =>
        (await ran(place, { argv: sh(`grep ^${user}: /etc/shadow`) })).stdout.trim().split(':');
      const [, before] = await entry();
      const set = await compute.setPassword(name, { user, password: new Secret('a plain "one" é') });
      assert.deepEqual(set, { user, via: 'agent' });
      const [, plain = ''] = await entry();
      assert.notEqual(plain, before);
      assert.match(plain, /^\$/);
      const hash = `$6$salt$${'a'.repeat(86)}`;
      await compute.setPassword(name, { user, password: new Secret(hash), hashed: true });
      assert.equal((await entry())[1], hash);
      await assert.rejects(compute.setPassword(name, { user: 'ghost', password: new Secret('x') }), isFault);
      if (place.system === 'busybox') return; // no chage there
      await compute.setPassword(name, { user, password: new Secret('next'), expire: true });
      assert.equal((await entry())[2], '0');
    },
  },
  {
    name: 'keys are added once, listed and removed, and their file is private',
    run: async ({ compute, name, ...place }) => {
      const keys = await compute.keys(name);
      await keys.add([ED25519_KEY], { user: 'root' });
      await keys.add([ED25519_KEY], { user: 'root' });
      const file = 'cat /root/.ssh/authorized_keys; stat -c %a /root/.ssh/authorized_keys';
      const { stdout } = await ran({ compute, name, ...place }, { argv: sh(file) });
      assert.equal(stdout, `${ED25519_KEY}\n600\n`);
      const [key] = (await keys.list('root')).keys;
      assert.match(key?.fingerprint ?? '', /^SHA256:/);
      await keys.remove([key?.fingerprint ?? ''], 'root');
      assert.deepEqual((await keys.list('root')).keys, []);
      await assert.rejects(keys.remove(['nobody@nowhere'], 'root'), { code: 'KEYS_NOT_FOUND' });
    },
  },
  {
    name: 'facts, routes and addresses are those that the guest has',
    run: async (place) => {
      const { compute, name, system } = place;
      const { facts, attachedDisks } = await compute.guests.facts(name);
      const inside = (await ran(place, { argv: sh('uname -r; hostname; nproc') })).stdout.trim().split('\n');
      const { os, hostName, vcpus } = facts;
      assert.ok(os.known && hostName.known && vcpus.known);
      assert.deepEqual([os.value.kernelRelease, hostName.value, String(vcpus.value.length)], inside);
      if (system === 'debian') {
        assert.equal(os.value.id, 'debian');
        assert.deepEqual(attachedDisks.map(({ target, role }) => [target, role]).slice(0, 1), [
          ['vda', 'root'],
        ]);
      }
      const { routes } = await compute.guests.routes(name);
      assert.deepEqual(
        routes.filter(({ destination }) => destination === '0.0.0.0/0'),
        [],
      ); // there is no NIC
      const { interfaces } = await compute.addresses(name);
      assert.deepEqual(
        interfaces.map((one) => one.name),
        ['lo'],
      );
    },
  },
  {
    name: 'the clock is set right, space is given back, and processors are online',
    run: async (place) => {
      const { compute, name, system } = place;
      assert.equal((await ran(place, { argv: sh('date -s @1000000000 >/dev/null') })).exitCode, 0);
      assert.ok((await compute.guests.time(name)).driftMs < -1e9);
      const { after } = await compute.guests.syncTime(name);
      assert.ok(Math.abs(after.driftMs) < 2000 + after.uncertaintyMs, JSON.stringify(after));
      const online = await compute.guests.onlineVcpus(name);
      assert.deepEqual([online.onlined, online.online > 0], [[], true]);
      if (system === 'busybox') return; // all of it is in memory
      const trimmed = await compute.guests.trim(name);
      assert.ok(
        trimmed.some(({ mountpoint }) => mountpoint === '/'),
        JSON.stringify(trimmed),
      );
    },
  },
  {
    name: 'frozen filesystems are thawed by command, and by the guest itself at the deadline',
    run: async (place) => {
      const { compute, name, system } = place;
      if (system === 'busybox') {
        // fsfreeze is there, and nothing to freeze.
        await assert.rejects(compute.guests.freeze(name, { deadlineMs: 20_000 }), (error) =>
          isFault(error, 'FREEZE_NOTHING', 'FREEZE_UNGUARDED', 'AGENT_COMMAND_UNSUPPORTED'),
        );
        return;
      }
      const path = `/var/tmp/frozen-${randomBytes(4).toString('hex')}`;
      const { filesystems } = await compute.guests.freeze(name, { deadlineMs: 300_000 });
      assert.ok(filesystems > 0);
      await assert.rejects(compute.guests.freeze(name, { deadlineMs: null }), { code: 'AGENT_FROZEN' });
      assert.equal((await compute.guests.thaw(name)).filesystems, filesystems);
      assert.equal((await ran(place, { argv: ['touch', path] })).exitCode, 0);
      await compute.guests.freeze(name, { deadlineMs: 10_000 }); // more than a busy guest needs to freeze
      // Waits in the guest's kernel until the deadline has passed. The agent runs nothing while it knows itself frozen.
      const lane = { ...place, via: 'lane' as const, guest: await compute.guest(name, { via: 'lane' }) };
      assert.equal((await ran(lane, { argv: ['rm', path] })).exitCode, 0);
      await compute.guests.thaw(name); // nothing is frozen; the agent learns it
      assert.equal((await ran(place, { argv: ['true'] })).exitCode, 0);
    },
  },
];
