// What becomes of a job's unit when the process that kills it is killed itself: the job program as root on this host, with
// a cgroup of version 2 where a guest with systemd has it.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { within } from '../../../src/base/index.ts';
import { JOB_SCRIPT } from '../../../src/guest/jobs/job-script.ts';

const BOUND = { timeout: 60_000 };
const ID = `abandoned${process.pid}`;

/** Stands for grep, and halts the search for the job's processes, which begins when the unit is frozen. */
const GREP = `#!/bin/sh
case $1 in -lzxF) : >"\${0%/*}/searching"; exec sleep 3000 ;; esac
exec /usr/bin/grep "$@"
`;

/** A mount namespace in which cgroups of version 2 are where a guest with systemd has them. */
const IN_GUEST = 'umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec "$@"';

class Job implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'novalet-abandoned-'));
  readonly #program = join(this.folder, 'job');
  readonly unit = `/sys/fs/cgroup/system.slice/novalet-job-${ID}.service`;

  constructor() {
    mkdirSync(join(this.folder, 'jobs', ID), { recursive: true });
    for (const file of ['events', 'about']) writeFileSync(join(this.folder, 'jobs', ID, file), '');
    mkdirSync(join(this.folder, 'bin'));
    writeFileSync(join(this.folder, 'bin', 'grep'), GREP);
    chmodSync(join(this.folder, 'bin', 'grep'), 0o755);
    writeFileSync(this.#program, JOB_SCRIPT);
    this.#inGuest('mkdir -p "$0"; sleep 3000 </dev/null >/dev/null 2>&1 & echo $! >"$0/cgroup.procs"');
  }

  get isFrozen(): boolean {
    return this.#inGuest('cat "$0/cgroup.events"').includes('frozen 1');
  }

  list(): string {
    return execFileSync('unshare', this.#words('list'), { encoding: 'utf8' });
  }

  /** Begins to kill the job, and is in the middle of it when this resolves. */
  async killer(): Promise<ChildProcess> {
    const path = `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`;
    const child = spawn('unshare', this.#words('kill'), {
      detached: true,
      stdio: 'ignore',
      env: { PATH: path },
    });
    await within(20_000, 'the killer to search', async (signal) => {
      while (!signal.aborted && !existsSync(join(this.folder, 'bin', 'searching'))) await later(10);
    });
    return child;
  }

  [Symbol.dispose](): void {
    const end =
      'echo 0 >"$0/cgroup.freeze"; echo 1 >"$0/cgroup.kill"; until rmdir "$0" 2>/dev/null; do sleep 0.01; done';
    this.#inGuest(end);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #inGuest(script: string): string {
    const words = ['-m', 'sh', '-c', IN_GUEST, 'guest', 'sh', '-c', script, this.unit];
    return execFileSync('unshare', words, { encoding: 'utf8', timeout: 20_000 });
  }

  #words(verb: string): string[] {
    return ['-m', 'sh', '-c', IN_GUEST, 'guest', 'sh', this.#program, verb, ID];
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals, number: number): Promise<void> {
  const ended = once(child, 'exit');
  process.kill(number, signal);
  await ended;
}

test('a unit whose killer was killed goes on when jobs are listed next', BOUND, async () => {
  using job = new Job();
  const killer = await job.killer();
  const { pid } = killer;
  assert.ok(pid);
  assert.ok(job.isFrozen);
  assert.match(job.list(), new RegExp(`^job ${ID}$`, 'm'));
  assert.ok(job.isFrozen, 'not while the killer is at work');
  await end(killer, 'SIGKILL', pid);
  process.kill(-pid, 'SIGKILL'); // its grep
  assert.ok(job.isFrozen);
  job.list();
  assert.equal(job.isFrozen, false);
  assert.equal(existsSync(join(job.folder, 'jobs', ID, 'killer')), false);
});

test('a killer that is told to end lets the unit go on first', BOUND, async () => {
  using job = new Job();
  const killer = await job.killer();
  const { pid } = killer;
  assert.ok(pid);
  assert.ok(job.isFrozen);
  await end(killer, 'SIGTERM', -pid); // as when the agent's service is stopped
  assert.equal(job.isFrozen, false);
});

test('a job that is killed whole leaves no trace of its killer', BOUND, () => {
  using job = new Job();
  const words = ['-m', 'sh', '-c', IN_GUEST, 'guest', 'sh', join(job.folder, 'job'), 'kill', ID];
  assert.equal(execFileSync('unshare', words, { encoding: 'utf8' }), 'killed 1\n');
  assert.equal(job.isFrozen, false);
  assert.equal(existsSync(join(job.folder, 'jobs', ID, 'killer')), false);
});

test('what runs in a session of outside its PID namespace (0) is killed as well', BOUND, () => {
  using job = new Job();
  const begin =
    'sleep 3000 </dev/null >/dev/null 2>&1 & echo $! >"$0/cgroup.procs"; cut -d " " -f 6 /proc/$!/stat';
  const script = `${begin}; sh "${join(job.folder, 'job')}" kill ${ID}`;
  const words = [
    '-m',
    '-p',
    '-f',
    '--mount-proc',
    'sh',
    '-c',
    IN_GUEST,
    'guest',
    'sh',
    '-c',
    script,
    job.unit,
  ];
  assert.equal(execFileSync('unshare', words, { encoding: 'utf8' }), '0\nkilled 1\n');
});
