// Detached jobs, which go over the agent whatever road else is taken; and how little a guest's journal learns of secrets.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { openCompute } from '../../../src/app/index.ts';
import { isFault, Secret } from '../../../src/base/index.ts';
import { type Place, type Row, ran, sh, until } from './rows.ts';

/** The end of a job's output, read until it matches. */
async function outputUntil(chunks: AsyncIterable<Buffer>, pattern: RegExp): Promise<string> {
  let seen = '';
  for await (const chunk of chunks) {
    seen += String(chunk);
    if (pattern.test(seen)) return seen;
  }
  return assert.fail(`ended before ${pattern}: ${JSON.stringify(seen)}`);
}

/** Another engine, as the next command would open one. */
async function elsewhere(place: Place, work: (other: Place) => Promise<void>): Promise<void> {
  await using compute = await openCompute({ configFile: place.configFile });
  await work({ ...place, compute, guest: await compute.guest(place.name, { via: place.via }) });
}

export const JOB_ROWS: readonly Row[] = [
  {
    name: 'a job outlives who started it, and is found, followed, fed and signalled by the next one',
    run: async (place) => {
      const script = 'trap "echo bye; exit 4" TERM; echo up; while read -r line; do echo "got $line"; done';
      let id = '';
      await elsewhere(place, async ({ guest }) => {
        ({ id } = await guest.jobs.start({ argv: sh(script), stdin: true, name: 'watcher' }));
      });
      const { jobs } = place.guest;
      const job = (await jobs.list()).find((one) => one.id === id);
      assert.deepEqual([job?.name, job?.state, job?.hasStdin], ['watcher', 'running', true]);
      await using attached = await jobs.attach(id);
      await until(attached, /up\n/);
      attached.stdin.write('word\n');
      await until(attached, /got word\n/);
      await jobs.signal(id, 'SIGTERM');
      attached.stdin.write('wake\n'); // busybox runs a trap when its read returns
      assert.deepEqual(await jobs.wait(id), { exitCode: 4, signal: null });
      await outputUntil(jobs.output(id), /up\ngot word\n(?:got wake\n)?bye\n/);
      await assert.rejects(jobs.signal(id, 'SIGTERM'), { code: 'JOB_ENDED' });
      await jobs.remove(id);
      await assert.rejects(jobs.show(id), { code: 'JOB_NOT_FOUND' });
    },
  },
  {
    name: 'a job survives the end of the agent, and its output goes on',
    run: async (place) => {
      const { guest, system } = place;
      const { jobs } = guest;
      const flag = `/run/go-${randomBytes(4).toString('hex')}`;
      const script = `echo one; until [ -e ${flag} ]; do sleep 0.1; done; echo two; exit 6`;
      const { id } = await jobs.start({ argv: sh(script) });
      // Whoever starts the agent anew is no child of it: on the minimal guest init does it.
      const restart =
        system === 'debian'
          ? 'systemctl restart qemu-guest-agent; systemctl is-active qemu-guest-agent'
          : 'old=$(pidof qemu-ga); kill $old; until now=$(pidof qemu-ga) && [ "$now" != "$old" ]; do sleep 0.1; done; echo active';
      const lane = await place.compute.guest(place.name, { via: 'lane' });
      assert.equal(
        (await ran({ ...place, guest: lane, via: 'lane' }, { argv: sh(restart) })).stdout,
        'active\n',
      );
      assert.equal(
        (await ran({ ...place, guest: lane, via: 'lane' }, { argv: ['touch', flag] })).exitCode,
        0,
      );
      await place.compute.waitFor(place.name, { kind: 'agent' }, { timeoutMs: 240_000 });
      assert.deepEqual(await jobs.wait(id), { exitCode: 6, signal: null });
      assert.equal(await outputUntil(jobs.output(id), /two/), 'one\ntwo\n');
      await jobs.remove(id);
    },
  },
  {
    name: 'killing a job takes its tree',
    run: async (place) => {
      const { jobs } = place.guest;
      const mark = randomBytes(4).readUInt32BE(0) % 1_000_000_000;
      const { id } = await jobs.start({
        argv: sh(`setsid sleep ${mark} & (sleep ${mark} &); echo up; sleep ${mark}`),
      });
      await outputUntil(jobs.output(id), /up/);
      await jobs.kill(id);
      assert.deepEqual(await jobs.wait(id), { exitCode: null, signal: 'SIGKILL' });
      const count = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -cx "[${String(mark)[0]}]${String(mark).slice(1)}"`;
      while ((await ran(place, { argv: sh(count) })).stdout !== '0\n'); // dying takes the guest's kernel its time
      await jobs.remove(id);
    },
  },
  {
    name: "arguments, variables and input are not in the guest's journal",
    run: async (place) => {
      const marker = `mark${randomBytes(8).toString('hex')}`;
      const request = { argv: ['cat', '-', `/no/${marker}`], env: { WORD: new Secret(marker) } };
      const { stdout } = await ran(place, request, Buffer.from(marker));
      assert.equal(stdout, marker);
      const { id } = await place.guest.jobs.start(request);
      await place.guest.jobs.wait(id);
      await place.guest.jobs.remove(id);
      if (place.system === 'busybox') return; // it has no journal, and its agent logs to nowhere
      // What the agent was asked for last is in it, so that it has been written to the end.
      const sentinel = `last${randomBytes(8).toString('hex')}`;
      await place.compute.exec(place.name, { argv: ['true', sentinel], via: 'agent' });
      const logged = 'journalctl --sync; journalctl -o cat --no-pager';
      const journal = (await ran(place, { argv: sh(logged) })).stdout;
      assert.match(journal, /guest-exec called/);
      assert.ok(
        !journal.includes(marker),
        journal
          .split('\n')
          .filter((line) => line.includes(marker))
          .join('\n'),
      );
    },
  },
  {
    name: 'a job’s output is bounded: what is over the limit is dropped and marked',
    run: async (place) => {
      const { jobs } = place.guest;
      const { id } = await jobs.start({
        argv: sh('head -c 9000000 /dev/zero; echo done >&2'),
        maxOutputBytes: 100_000,
      });
      assert.deepEqual(await jobs.wait(id), { exitCode: 0, signal: null });
      let bytes = 0;
      for await (const chunk of jobs.output(id)) bytes += chunk.length;
      assert.ok(bytes >= 100_000 && bytes <= 100_000 + 2 * 1024 * 1024, String(bytes));
      assert.equal((await jobs.show(id)).isTruncated, true);
      await jobs.remove(id);
      await assert.rejects(jobs.start({ argv: ['no-such-program'] }), (error) =>
        isFault(error, 'EXEC_NOT_FOUND'),
      );
    },
  },
];
