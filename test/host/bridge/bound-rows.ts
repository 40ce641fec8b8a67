// Bounds: time that runs out, a caller who changes their mind, output without end, and processes that die or come many at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { MostHeld } from '../../support/held-bytes.ts';
import { runCommand } from '../support/run-command.ts';
import { PACKAGE } from '../support/world.ts';
import { type Place, type Row, ran, sh } from './rows.ts';

const NOVALET = join(PACKAGE, 'scripts', 'novalet');
const MB = 1_000_000;

/** How many `sleep MARK` run in the guest; none of the words of this very search is the mark. */
async function sleepers(place: Place, mark: number): Promise<number> {
  const [first = '', ...rest] = String(mark);
  const count = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -cx "[${first}]${rest.join('')}"`;
  return Number((await ran(place, { argv: sh(count) })).stdout);
}

/** What was killed is gone when the guest's kernel has come to it; the row's bound ends the wait. */
async function noneLeft(place: Place, mark: number): Promise<void> {
  while ((await sleepers(place, mark)) > 0);
}

function newMark(): number {
  return 100_000_000 + (randomBytes(4).readUInt32BE(0) % 800_000_000);
}

async function lanesOf({ compute, name }: Place): Promise<number[]> {
  const { instance } = await compute.show(name);
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'dumpxml', instance.domainName]);
  return [...stdout.matchAll(/name='[\w.]*lane\.(\d+)'/g)]
    .map(([, number]) => Number(number))
    .sort((a, b) => a - b);
}

export const BOUND_ROWS: readonly Row[] = [
  {
    name: 'time that runs out and a caller who leaves kill the whole tree, and what was written until then is told',
    run: async (place) => {
      const { compute, name, via } = place;
      const mark = newMark();
      const argv = sh(`echo so far; setsid sleep ${mark} & (sleep ${mark} &); sleep ${mark}`);
      // time enough for a busy guest to start the program
      await assert.rejects(compute.exec(name, { argv, timeoutMs: 8000, via }), (error) => {
        assert.ok(isFault(error, 'EXEC_TIMEOUT') && error.outcome === 'not-done', String(error));
        assert.ok('result' in error);
        assert.partialDeepStrictEqual(error.result, { stdout: Buffer.from('so far\n') });
        return true;
      });
      await noneLeft(place, mark);
      const leaving = new AbortController();
      const running = compute.exec(name, { argv, via }, { signal: leaving.signal });
      const outcome = assert.rejects(running, { code: 'CANCELLED' });
      const started = `until [ "$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -cx "[${String(mark)[0]}]${String(mark).slice(1)}")" = 3 ]; do sleep 0.1; done`;
      assert.equal((await ran(place, { argv: sh(started) })).exitCode, 0);
      leaving.abort();
      await outcome;
      await noneLeft(place, mark);
    },
  },
  {
    name: 'fifty megabytes pass through bounded memory, at the pace of who reads them',
    run: async (place) => {
      const { compute, name, guest, via } = place;
      await using process = await guest.spawn({ argv: ['head', '-c', String(50 * MB), '/dev/zero'] });
      const held = new MostHeld();
      let bytes = 0;
      for await (const chunk of process.stdout) {
        const isLook = Math.floor((bytes + chunk.length) / MB) > Math.floor(bytes / MB);
        bytes += chunk.length;
        if (isLook) held.look();
      }
      assert.equal(bytes, 50 * MB);
      assert.deepEqual(await process.ended, { exitCode: 0, signal: null });
      assert.ok(held.bytes < 24 * MB, `${held.bytes / MB} MB were held`);
      const result = await compute.exec(name, {
        argv: ['head', '-c', String(50 * MB), '/dev/zero'],
        maxOutputBytes: MB,
        via,
      });
      assert.deepEqual([result.via, result.stdout.length, result.stdoutTruncated], [via, MB, true]);
    },
  },
  {
    name: 'a program whose output nobody reads waits, and the guest keeps little of it',
    run: async (place) => {
      const { guest } = place;
      const flag = `/tmp/over-${randomBytes(4).toString('hex')}`;
      await using process = await guest.spawn({ argv: sh(`head -c ${20 * MB} /dev/zero; : >${flag}`) });
      const before = Number(
        (await ran(place, { argv: sh("awk '/^Shmem:/ { print $2 }' /proc/meminfo") })).stdout,
      );
      // It has filled all that there is between it and us when its processor time stands still.
      const stands = `last= now=x; while [ "$last" != "$now" ]; do last=$now; sleep 1; set -- $(cat /proc/${process.pid}/stat); now=$(cat /proc/[0-9]*/stat 2>/dev/null | grep -c '(head)').\${15}; done; [ ! -e ${flag} ]`;
      assert.equal((await ran(place, { argv: sh(stands) })).exitCode, 0);
      const after = Number(
        (await ran(place, { argv: sh("awk '/^Shmem:/ { print $2 }' /proc/meminfo") })).stdout,
      );
      assert.ok(after - before < 12_000, `${after - before} KiB are kept in the guest's memory`);
      let bytes = 0;
      for await (const chunk of process.stdout) bytes += chunk.length;
      assert.equal(bytes, 20 * MB);
      await place.guest.files.remove(flag);
    },
  },
];

/** Rows about other processes, which take lanes of their own; run once, beside a place that holds a lane. */
export const PROCESS_ROWS: readonly Row[] = [
  {
    name: 'a second process gets a lane of its own, which stays for the next one, and takes away what is above',
    run: async (place) => {
      assert.equal((await ran(place, { argv: ['true'] })).exitCode, 0); // ours is open
      const child = spawn(NOVALET, [
        '--config',
        place.configFile,
        'exec',
        place.name,
        '--via',
        'lane',
        '-i',
        '--',
        'cat',
      ]);
      const ended = once(child, 'close');
      child.stdin.write('here\n');
      assert.equal(String((await once(child.stdout, 'data'))[0]), 'here\n');
      assert.deepEqual(await lanesOf(place), [0, 1]);
      child.stdin.end();
      assert.deepEqual(await ended, [0, null]);
      assert.deepEqual(await lanesOf(place), [0, 1]);
    },
  },
  {
    name: 'what a process ran over a lane dies with it, even by SIGKILL, and the next one takes over its lane',
    run: async (place) => {
      const mark = newMark();
      const script = `echo up; sleep ${mark} & sleep ${mark}`;
      const words = ['exec', place.name, '--via', 'lane', '--', 'sh', '-c', script];
      const child = spawn(NOVALET, ['--config', place.configFile, ...words]);
      const ended = once(child, 'close');
      await once(child.stdout, 'data');
      while ((await sleepers(place, mark)) < 2); // said before they were started
      child.kill('SIGKILL'); // scripts/novalet becomes the program
      await ended;
      await noneLeft(place, mark);
      const next = await runCommand(NOVALET, [
        '--config',
        place.configFile,
        'exec',
        place.name,
        '--via',
        'lane',
        '--',
        'echo',
        'next',
      ]);
      assert.deepEqual([next.status, next.stdout], [0, 'next\n'], next.stderr);
    },
  },
];

/** More processes than the guest has room for lanes. */
export const CROWD_ROWS: readonly Row[] = [
  {
    name: 'thirty processes at once all work, those without a lane over the agent',
    run: async (place) => {
      const one = (number: number) =>
        runCommand(
          NOVALET,
          ['--config', place.configFile, 'exec', place.name, '--', 'echo', String(number)],
          { timeoutMs: 240_000 }, // as the row's
        );
      const results = await Promise.all(Array.from({ length: 30 }, (_unused, number) => one(number)));
      assert.deepEqual(
        results.map(({ status, stdout, stderr }) => [status, stdout, stderr]),
        results.map((_result, number) => [0, `${number}\n`, '']),
      );
      // Of several that left at the same moment each may have taken another's lane for held; the next call sees to it.
      assert.deepEqual((await one(30)).stdout, '30\n');
      assert.deepEqual(await lanesOf(place), [0, 1]);
    },
  },
];
