// A guest that reboots or stops in the middle: said so on both roads at once, and the next call works again.
import assert from 'node:assert/strict';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type Place, type Row, ran, sh, until } from './rows.ts';

/** Programs that run on both roads; what becomes of them. */
async function runningOnBoth({ compute, name }: Place) {
  const roads = await Promise.all((['lane', 'agent'] as const).map((via) => compute.guest(name, { via })));
  const processes = await Promise.all(roads.map((guest) => guest.spawn({ argv: sh('echo up; sleep 1000') })));
  for (const process of processes) await until(process, /up/);
  for (const process of processes) process.stdout.on('error', () => {}).resume(); // told by `ended` too
  return { roads, outcomes: processes.map((process) => process.ended) };
}

export const BREAK_ROWS: readonly Row[] = [
  {
    name: 'a reboot in the middle is said so by both roads, and the same access works again afterwards',
    run: async (place) => {
      const { compute, name } = place;
      const { roads, outcomes } = await runningOnBoth(place);
      const captured = assert.rejects(compute.exec(name, { argv: ['sleep', '1000'], via: 'lane' }), {
        code: 'GUEST_REBOOTED',
      });
      await compute.exec(name, { argv: ['true'], via: 'lane' });
      const told = Promise.all(
        outcomes.map((ended) =>
          assert.rejects(ended, (error) => isFault(error, 'GUEST_REBOOTED') && error.outcome === 'unknown'),
        ),
      );
      const { instance } = await compute.show(name);
      await runProgram('virsh', ['-c', 'qemu:///system', 'reset', instance.domainName]);
      await captured;
      await told;
      await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 150_000 });
      for (const guest of roads) {
        const result = await ran({ ...place, guest }, { argv: ['echo', 'again'] });
        assert.deepEqual([result.exitCode, result.stdout], [0, 'again\n']);
      }
      assert.deepEqual(await roads[1]?.jobs.list(), []);
    },
  },
  {
    name: 'a paused guest is said so, and goes on when it is resumed',
    run: async (place) => {
      const { compute, name } = place;
      const { instance } = await compute.show(name);
      const lane = await compute.guest(name, { via: 'lane' });
      await using process = await lane.spawn({
        argv: sh('echo up; read line; echo "got $line"'),
        stdin: true,
      });
      await until(process, /up/);
      await runProgram('virsh', ['-c', 'qemu:///system', 'suspend', instance.domainName]);
      for (const via of ['lane', 'agent'] as const) {
        await assert.rejects(compute.exec(name, { argv: ['true'], via }), { code: 'INSTANCE_PAUSED' });
      }
      await runProgram('virsh', ['-c', 'qemu:///system', 'resume', instance.domainName]);
      process.stdin.end('on\n');
      await until(process, /got on/);
      assert.equal((await ran({ ...place, guest: lane }, { argv: ['true'] })).exitCode, 0);
    },
  },
  {
    name: 'a stop in the middle is said so by both roads, and what comes later is refused',
    run: async (place) => {
      const { compute, name } = place;
      const { roads, outcomes } = await runningOnBoth(place);
      const told = Promise.all([
        assert.rejects(outcomes[0] ?? Promise.resolve(), { code: 'GUEST_STOPPED', outcome: 'unknown' }),
        assert.rejects(
          outcomes[1] ?? Promise.resolve(),
          (error) => isFault(error, 'GUEST_STOPPED', 'INSTANCE_NOT_RUNNING') && error.outcome === 'unknown',
        ),
      ]);
      await compute.stop(name, { force: true });
      await told;
      for (const guest of roads) {
        await assert.rejects(guest.spawn({ argv: ['true'] }), (error) =>
          isFault(error, 'INSTANCE_NOT_RUNNING', 'INSTANCE_STATE_CONFLICT'),
        );
      }
      for (const via of ['lane', 'agent'] as const) {
        await assert.rejects(compute.exec(name, { argv: ['true'], via }), {
          code: 'INSTANCE_STATE_CONFLICT',
        });
      }
    },
  },
];
