// exec, streams and terminals over a lane, beside virsh asked until the end and ssh with a warm master connection, in one guest.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { GuestAccess } from '../../src/compute/index.ts';
import { runProgram } from '../../src/hostlink/index.ts';
import { BridgeGuest } from './bridge-guest.ts';
import { type Bench, compared, limited, type Measurement, median, percentile, timed } from './measure.ts';
import { execByVirsh } from './virsh-exec.ts';

const ROUNDS = 40;
const KEYS = 150;
const LINES = 1000;
const STREAM_BYTES = 1024 ** 3;

export const run: Bench = async () => {
  await using guest = await BridgeGuest.boot();
  return [
    ...(await measureExec(guest)),
    ...(await measureLines(guest)),
    ...(await measureEcho(guest)),
    ...(await measureMemory(guest)),
  ];
};

async function measureExec(guest: BridgeGuest): Promise<readonly Measurement[]> {
  const { compute, id, world } = guest;
  const argv = ['/bin/true'];
  await compute.exec(id, { argv, via: 'lane' }); // opens the lane
  const times = { lane: [] as number[], agent: [] as number[], virsh: [] as number[], ssh: [] as number[] };
  const commandLine: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    times.lane.push(await timed(() => compute.exec(id, { argv, via: 'lane' })));
    times.agent.push(await timed(() => compute.exec(id, { argv, via: 'agent' })));
    times.virsh.push(await timed(() => execByVirsh(id)));
    times.ssh.push(await timed(() => guest.ssh(['true'])));
    if (round % 4 === 0) commandLine.push(await timed(() => world.novalet(['exec', id, '--', '/bin/true'])));
  }
  const row = (name: string, values: number[], baseline: number[], goal: number | null) => [
    compared(`${name}, p50`, { unit: 'ms', ours: median(values), baseline: median(baseline), goal }),
    compared(`${name}, p95`, {
      unit: 'ms',
      ours: percentile(values, 0.95),
      baseline: percentile(baseline, 0.95),
      goal: null,
    }),
  ];
  return [
    ...row('exec true over the agent, against virsh polled until it ended', times.agent, times.virsh, 0.65),
    ...row('exec true over an open lane, against virsh polled until it ended', times.lane, times.virsh, 0.4),
    ...row(
      'exec true over an open lane, against ssh over a NIC with a warm master',
      times.lane,
      times.ssh,
      1,
    ),
    ...row('exec true, command line, against virsh polled until it ended', commandLine, times.virsh, null),
  ];
}

const COUNT_SCRIPT = `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo line $i; done`;

/** When the first and the last of many lines come, counted from the call. */
async function measureLines(guest: BridgeGuest): Promise<readonly Measurement[]> {
  const access = await guest.over('lane');
  const ours: { first: number; last: number }[] = [];
  const ssh: { first: number; last: number }[] = [];
  for (let round = 0; round < 10; round += 1) {
    ours.push(
      await lineTimes(async () => (await access.spawn({ argv: ['/bin/sh', '-c', COUNT_SCRIPT] })).stdout),
    );
    ssh.push(
      await lineTimes(async () => {
        const target = `root@${guest.address}`;
        return spawn('ssh', [...guest.sshOptions, target, COUNT_SCRIPT], {
          stdio: ['ignore', 'pipe', 'inherit'],
        }).stdout;
      }),
    );
  }
  const of = (name: string, key: 'first' | 'last') =>
    compared(name, {
      unit: 'ms',
      ours: median(ours.map((times) => times[key])),
      baseline: median(ssh.map((times) => times[key])),
      goal: null,
    });
  return [
    of('first line of a stream over a lane, against warm ssh', 'first'),
    of(`line ${LINES} of a stream over a lane, against warm ssh`, 'last'),
  ];
}

async function lineTimes(start: () => Promise<AsyncIterable<Buffer>>) {
  const from = performance.now();
  let first = 0;
  let lines = 0;
  for await (const chunk of await start()) {
    if (first === 0) first = performance.now() - from;
    lines += chunk.toString('latin1').split('\n').length - 1;
  }
  if (lines !== LINES) throw new Error(`${lines} lines came`);
  return { first, last: performance.now() - from };
}

/** One key typed and seen again: a terminal's echo in the guest, beside a raw port with `cat` behind it. */
async function measureEcho(guest: BridgeGuest): Promise<readonly Measurement[]> {
  const access = await guest.over('lane');
  const terminal = { rows: 24, columns: 80, term: 'xterm' };
  await using shell = await access.spawn({ argv: ['/bin/sleep', '600'], terminal, stdin: true });
  const ours = await echoTimes(
    () => shell.stdin.write('x'),
    () => once(shell.stdout, 'data'),
  );
  await using raw = await guest.rawPort();
  await using echo = await startEcho(access, raw.device, raw.socket);
  const floor = await echoTimes(
    () => raw.socket.write('x'),
    () => once(raw.socket, 'data'),
  );
  await echo.kill();
  return [
    limited('echo of a key in a terminal over a lane, p50', { unit: 'ms', ours: median(ours), goal: null }),
    limited('echo of a byte by cat on a raw port, p50', { unit: 'ms', ours: median(floor), goal: null }),
    limited('echo of a key: what the lane and the terminal add to the raw port, p50', {
      unit: 'ms',
      ours: median(ours) - median(floor),
      goal: 5,
    }),
  ];
}

async function startEcho(access: GuestAccess, device: string, socket: Socket) {
  const process = await access.spawn({ argv: ['/bin/sh', '-c', 'exec cat <>"$1" >&0', 'sh', device] });
  socket.write('x');
  await once(socket, 'data');
  return process;
}

async function echoTimes(type: () => void, seen: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let key = 0; key < KEYS; key += 1) {
    times.push(
      await timed(async () => {
        const echoed = seen();
        type();
        await echoed;
      }),
    );
  }
  return times;
}

/** How much a process grows while a gigabyte passes through it: one of its own, since this one has done other things before. */
async function measureMemory({ world, id }: BridgeGuest): Promise<readonly Measurement[]> {
  const program = fileURLToPath(new URL('stream-memory.ts', import.meta.url));
  const { stdout } = await runProgram(
    process.execPath,
    [program, world.configFile, id, String(STREAM_BYTES)],
    { timeoutMs: 120_000 },
  );
  const { growthMiB } = JSON.parse(stdout) as { growthMiB: number };
  return [
    limited('memory while streaming 1 GiB: growth after the first eighth', {
      unit: 'MiB',
      ours: growthMiB,
      goal: 32,
    }),
  ];
}
