// What becomes of a program when who follows it is killed, against the real qemu-ga as root on this host.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errnoCode, isFault, within } from '../../../src/base/index.ts';
import { Agent } from '../../../src/guest/agent.ts';
import { socketOpener } from '../../../src/guest/connect.ts';
import { Jobs } from '../../../src/guest/jobs/index.ts';
import type { Vigil } from '../../../src/guest/jobs/vigil.ts';
import { FaultyProxy } from '../../fakes/faulty-proxy.ts';
import { RootAgent, type RootAgentOptions } from '../../fakes/root-agent.ts';
import { busyboxPath } from './busybox-path.ts';

const peer = 'the agent of t';
const BOUND = { timeout: 120_000 };
const SHORT: Vigil = { beatMs: 300, roundSeconds: 1, rounds: 6 };
const LONGER_THAN_SHORT = 9;
/** No sleep of this one ends by itself during a test. */
const LONG: Vigil = { beatMs: 300, roundSeconds: 3000, rounds: 2 };

interface Guest {
  readonly program: RootAgent;
  readonly socket: string;
}

/** qemu-ga serves one connection at a time, and a client that is killed would take it along: a proxy stands before it. */
async function withGuest(options: RootAgentOptions, work: (guest: Guest) => Promise<void>): Promise<void> {
  await using program = await RootAgent.start(options);
  const socket = `${program.socket}.proxy`;
  await using _ = await FaultyProxy.listen({ listen: socket, upstream: program.socket });
  await work({ program, socket });
}

async function withJobs(guest: Guest, vigil: Vigil, work: (jobs: Jobs) => Promise<void>): Promise<void> {
  await using agent = new Agent({ peer, open: socketOpener(guest.socket, { peer }) });
  await work(new Jobs(agent, vigil));
}

async function sh(guest: Guest, script: string): Promise<string> {
  await using agent = new Agent({ peer, open: socketOpener(guest.socket, { peer }) });
  const { stdout, exitCode } = await agent.exec(['/bin/sh', '-c', script]);
  assert.equal(exitCode, 0);
  return stdout.toString();
}

/** Says the session of its parent, which is that of all that carries its streams. */
const SESSION = `read -r stat </proc/$PPID/stat; set -- \${stat##*) }; echo $4`;
/** Says that too, with its parent and two of its tree, and is silent then. */
const TREE =
  'a=$(setsid sh -c "sleep 3097 </dev/null >/dev/null 2>&1 & echo \\$!"); sleep 3097 & b=$!; ' +
  `read -r stat </proc/$PPID/stat; set -- \${stat##*) }; echo $4 $PPID $a $b; wait`;

/** The process that follows, and the numbers in its program's first line. */
async function follower({ socket }: Guest, vigil: Vigil, words: readonly string[]) {
  const file = fileURLToPath(new URL('follow-a-program.ts', import.meta.url));
  const args = [file, socket, JSON.stringify(vigil), ...words];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout }))
    return { child, numbers: line.split(' ').map(Number) };
  return assert.fail('the follower ended');
}

async function killed(child: ReturnType<typeof spawn>): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Processes with these numbers, and those of sessions with these numbers. */
function alive(numbers: readonly number[]): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const [state, , , session] = statOf(entry);
    if (state === undefined || state === 'Z') return false;
    return numbers.includes(Number(entry)) || numbers.includes(Number(session));
  });
}

function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoCode(error) ?? '')) return [];
    throw error;
  }
}

async function gone(numbers: readonly number[]): Promise<void> {
  await within(60_000, `${numbers.join(' ')} to end`, async (signal) => {
    while (!signal.aborted && alive(numbers).length > 0) await later(20);
  });
}

async function noFolder(guest: Guest): Promise<void> {
  await within(30_000, 'the folder to go', async (signal) => {
    while (!signal.aborted && (await sh(guest, 'ls /run/novalet/jobs')) !== '') await later(20);
  });
}

const SHELLS: readonly (readonly [string, () => RootAgentOptions])[] = [
  ['dash', () => ({ shell: '/bin/dash' })],
  ['bash', () => ({ shell: '/bin/bash' })],
  ['busybox', () => ({ shell: '/bin/busybox', path: busyboxPath() })],
  ['dash in units', () => ({ shell: '/bin/dash', path: `${unitsPath()}:${process.env['PATH']}` })],
];

/** Does what systemd does to a unit: all that is left in its cgroup is killed the moment its first process ends. */
const SYSTEMD_RUN = `#!/bin/bash
while :; do
  case $1 in --unit=*) unit=\${1#--unit=}; shift ;; -p) shift 2 ;; --*) shift ;; *) break ;; esac
done
group=/sys/fs/cgroup/system.slice/$unit.service
mkdir -p "$group"
exec </dev/null >/dev/null 2>&1 3>&-
setsid /bin/bash -c 'group=$1
shift
/bin/bash -c "echo \\$\\$ >\\$0/cgroup.procs; exec setsid \\"\\$@\\"" "$group" "$@"
while :; do
  pids=
  while read -r pid; do pids="$pids $pid"; done <"$group/cgroup.procs"
  [ -n "$pids" ] || break
  kill -KILL $pids
done
rmdir "$group"' systemd "$group" "$@" &
`;

function unitsPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'novalet-units-'));
  writeFileSync(join(folder, 'systemd-run'), SYSTEMD_RUN);
  chmodSync(join(folder, 'systemd-run'), 0o755);
  return folder;
}

async function makeUnits(shell: string, guest: Guest): Promise<void> {
  if (!shell.endsWith('units')) return;
  await sh(guest, 'mkdir -p /run/systemd/system && mount -t cgroup2 cgroup2 /sys/fs/cgroup');
}

/** A program that says nothing for longer than the guest would wait in vain. */
async function silence(jobs: Jobs, meanwhile: () => Promise<void>): Promise<void> {
  const script = `echo on; sleep ${LONGER_THAN_SHORT}; echo end; exit 5`;
  await using program = await jobs.spawn({ argv: ['sh', '-c', script] });
  program.stderr.resume();
  const lines = program.stdout[Symbol.asyncIterator]();
  assert.equal(String((await lines.next()).value), 'on\n');
  await meanwhile();
  assert.equal(String((await lines.next()).value), 'end\n');
  assert.deepEqual(await program.ended, { exitCode: 5, signal: null });
}

function testShell(shell: string, optionsOf: () => RootAgentOptions): void {
  const inGuest = async (work: (guest: Guest) => Promise<void>) => {
    const options = optionsOf();
    await withGuest(options, async (guest) => {
      await makeUnits(shell, guest);
      await work(guest);
    });
    const [made = ''] = (options.path ?? '').split(':', 1);
    if (made !== '') rmSync(made, { recursive: true });
  };

  test(`by ${shell}: a follower is killed, and the whole tree ends and nothing is left`, BOUND, async () => {
    await inGuest(async (guest) => {
      const { child, numbers } = await follower(guest, SHORT, ['stream', TREE]);
      assert.equal(numbers.filter((number) => alive([number]).length > 0).length, 4, String(numbers));
      await killed(child);
      await gone(numbers);
      await noFolder(guest);
    });
  });

  test(`by ${shell}: a silent program is kept while somebody follows`, BOUND, async () => {
    await inGuest((guest) => withJobs(guest, SHORT, (jobs) => silence(jobs, async () => {})));
  });

  test(`by ${shell}: what watches ends with the program, and with its removal`, BOUND, async () => {
    await inGuest(async (guest) => {
      const sessions: number[] = [];
      await withJobs(guest, LONG, async (jobs) => {
        for (const script of [SESSION, `${SESSION}; sleep 3096`]) {
          await using program = await jobs.spawn({ argv: ['sh', '-c', script] });
          program.stderr.resume();
          const lines = program.stdout[Symbol.asyncIterator]();
          sessions.push(Number(String((await lines.next()).value)));
          if (sessions.length === 1) assert.equal((await lines.next()).done, true);
          else assert.ok(alive(sessions.slice(1)).length >= 4, 'the runner, two copiers, what watches');
        }
      });
      assert.ok(sessions.length === 2 && sessions.every((session) => session > 1));
      await gone(sessions);
      await noFolder(guest);
    });
  });
}

function testAnyShell(): void {
  test('a silent program is kept by who comes back to a new agent in time', BOUND, async () => {
    await withGuest({}, async (guest) => {
      await withJobs(guest, SHORT, (jobs) => silence(jobs, () => guest.program.restart()));
    });
  });

  test(
    'what carries the streams is killed, and the follower hears of it and the tree ends',
    BOUND,
    async () => {
      await withGuest({ shell: '/bin/dash' }, async (guest) => {
        let numbers: number[] = [];
        await withJobs(guest, SHORT, async (jobs) => {
          await using program = await jobs.spawn({ argv: ['sh', '-c', TREE] });
          program.stderr.resume();
          const [chunk] = await once(program.stdout, 'data');
          program.stdout.on('error', () => {}); // `ended` tells it
          numbers = String(chunk).split(' ').map(Number);
          assert.equal(numbers.length, 4);
          process.kill(numbers[1] ?? 0, 'SIGKILL');
          await assert.rejects(program.ended, (error) => isFault(error, 'JOB_LOST'));
        });
        await gone(numbers);
        await noFolder(guest);
      });
    },
  );

  test('a detached job goes on when who attached to it is killed', BOUND, async () => {
    await withGuest({ shell: '/bin/dash' }, async (guest) => {
      const script = `echo 1; sleep ${LONGER_THAN_SHORT}; exit 6`;
      let id = '';
      await withJobs(guest, SHORT, async (jobs) => {
        ({ id } = await jobs.start({ argv: ['sh', '-c', script] }));
      });
      const { child } = await follower(guest, SHORT, ['attach', id]);
      await killed(child);
      await withJobs(guest, SHORT, async (jobs) => {
        assert.deepEqual(await jobs.wait(id), { exitCode: 6, signal: null });
        await jobs.remove(id);
      });
    });
  });
}

// Each has an agent of its own, and does little but wait for the seconds of its vigil: so they wait side by side.
describe('the vigil', { concurrency: 5 }, () => {
  for (const [shell, optionsOf] of SHELLS) testShell(shell, optionsOf);
  testAnyShell();
});
