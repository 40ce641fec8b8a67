// instance.exec() over real processes: this host in the place of a guest.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ExecCall, type ExecCallOptions } from '../../../src/app/exec-call.ts';
import { Fault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { execOverRoad } from '../../../src/compute/road-exec.ts';
import { HostRoad } from '../../fakes/host-road.ts';

const BOUND = { timeout: 30_000 };

async function callOf(argv: readonly string[], options: ExecCallOptions = {}) {
  const road = await HostRoad.open('gnu');
  const compute: Pick<Compute, 'exec' | 'guest'> = {
    exec: (_ref, request, act) => execOverRoad(road, request, act?.signal),
    guest: async (ref, { signal } = {}) => {
      if (ref === 'nobody') throw new Fault('not-found', 'INSTANCE_NOT_FOUND', 'There is no instance');
      signal?.throwIfAborted();
      return Object.assign(Object.create(null), { spawn: (request: never) => road.spawn(request) });
    },
  };
  const start = (ref: string) => new ExecCall(compute as Compute, ref, argv, options);
  return { call: start('web'), road, start };
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += String(piece);
  return text;
}

test('awaited alone, a call gives its whole output', BOUND, async () => {
  const { call } = await callOf(['sh', '-c', 'echo out; echo err >&2; exit 3']);
  const { exitCode, stdout, stderr } = await call;
  assert.deepEqual([exitCode, stdout, stderr], [3, 'out\n', 'err\n']);
});

test('a stream that nobody took is collected, and never holds the program up', BOUND, async () => {
  const { call } = await callOf(['sh', '-c', 'head -c 3000000 /dev/zero >&2; cat'], { maxOutputBytes: 10 });
  call.stdin.end('typed by hand');
  const { stdout, stdoutTruncated, stderr, stderrTruncated } = await call;
  assert.deepEqual([stdout, stdoutTruncated], ['typed by h', true]);
  assert.deepEqual([stderr.length, stderrTruncated], [10, true]);
});

test('a stream that was taken gives what the program writes, as it comes', BOUND, async () => {
  const { call } = await callOf(['sh', '-c', 'echo first; read line; echo "got $line"; echo aside >&2']);
  const { stdin, stdout } = call;
  assert.equal(String((await once(stdout, 'data'))[0]), 'first\n');
  const rest = textOf(stdout);
  stdin.end('word\n');
  assert.equal(await rest, 'got word\n');
  const result = await call;
  assert.deepEqual([result.exitCode, result.stdout, result.stderr], [0, '', 'aside\n']);
});

test('a reader that leaves its loop closes the pipe, and the call still tells the end', BOUND, async () => {
  const { call } = await callOf(['yes']);
  for await (const piece of call.stdout) {
    assert.ok(piece.length > 0);
    break;
  }
  const { exitCode, signal } = await call;
  assert.ok(exitCode === 1 || signal === 'SIGPIPE'); // as its parent has it
});

test(
  'kill() ends a call that is awaited alone, one whose streams were taken, and one that has ended',
  BOUND,
  async () => {
    const alone = (await callOf(['sh', '-c', 'echo begun; exec sleep 60'])).call;
    const told = alone.then(({ signal }) => signal);
    await nextTurn();
    await alone.kill();
    assert.equal(await told, 'SIGKILL');
    const taken = (await callOf(['sh', '-c', 'echo begun; exec sleep 60'])).call;
    await once(taken.stdout, 'data');
    await taken.kill();
    assert.equal((await taken).signal, 'SIGKILL');
    const over = (await callOf(['true'])).call;
    over.stdout.resume();
    await over;
    await over.kill();
    assert.equal((await over).exitCode, 0);
  },
);

test('a call that is killed before anything was started rejects, and starts nothing', BOUND, async () => {
  const { call, road } = await callOf(['touch', '/nonexistent/file']);
  call.stdout.resume();
  await call.kill();
  await assert.rejects(async () => await call, { code: 'CANCELLED' });
  assert.equal(road.spawned, 0);
});

test('time that is over and a signal that fires reject, with streams as without', BOUND, async () => {
  for (const takes of [false, true]) {
    const late = (await callOf(['sleep', '60'], { timeoutMs: 100 })).call;
    if (takes) late.stdout.resume();
    await assert.rejects(async () => await late, {
      code: 'EXEC_TIMEOUT',
      kind: 'timeout',
      outcome: 'not-done',
    });
    const stop = new AbortController();
    const stopped = (await callOf(['sh', '-c', 'echo begun; exec sleep 60'], { signal: stop.signal })).call;
    if (takes) await once(stopped.stdout, 'data');
    const rejected = assert.rejects(async () => await stopped, { code: 'CANCELLED', kind: 'cancelled' });
    stop.abort();
    await rejected;
  }
});

test('a failure that nobody awaits, and streams that nobody listens to, disturb nobody', BOUND, async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  const { start } = await callOf(['true']);
  const call = start('nobody');
  call.stdin.write('into nothing');
  await call.kill();
  const other = start('nobody');
  const reading = textOf(other.stdout);
  await assert.rejects(reading, { code: 'INSTANCE_NOT_FOUND' });
  await nextTurn();
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
  assert.deepEqual(unhandled, []);
});

test('a stream that is asked for after the start is refused', BOUND, async () => {
  const { call } = await callOf(['true']);
  await call;
  assert.throws(() => call.stdout, { code: 'EXEC_STREAMS_LATE' });
});
