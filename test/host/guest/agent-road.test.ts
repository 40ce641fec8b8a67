// The road by the agent alone, against the real qemu-ga as root on this host, by each shell that a guest may have.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isFault, Secret } from '../../../src/base/index.ts';
import { Agent } from '../../../src/guest/agent.ts';
import { AgentRoad } from '../../../src/guest/agent-road/index.ts';
import { socketOpener } from '../../../src/guest/connect.ts';
import type { SpawnRequest } from '../../../src/guest/road.ts';
import { RootAgent, type RootAgentOptions } from '../../fakes/root-agent.ts';
import { MostHeld } from '../../support/held-bytes.ts';
import { busyboxPath } from './busybox-path.ts';

const peer = 'the agent of t';
const MIB = 1024 * 1024;

async function withRoad(
  options: RootAgentOptions,
  work: (road: AgentRoad, program: RootAgent) => Promise<void>,
): Promise<void> {
  await using program = await RootAgent.start(options);
  await using agent = new Agent({ peer, open: socketOpener(program.socket, { peer }) });
  await work(new AgentRoad(agent), program);
}

async function whole(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function run(road: AgentRoad, request: SpawnRequest, input?: Buffer) {
  await using process = await road.spawn({ ...request, stdin: input !== undefined });
  const fed = input === undefined ? undefined : pipeline(Readable.from([input]), process.stdin);
  const [out, err, end] = await Promise.all([
    whole(process.stdout),
    whole(process.stderr),
    process.ended,
    fed,
  ]);
  return { out, err, end };
}

function script(text: string, ...words: string[]): SpawnRequest {
  return { argv: ['sh', '-c', text, 'x', ...words] };
}

/** Waits until none of them is there: they were killed, and dying takes its time. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => existsSync(`/proc/${pid}/exe`))) await nextTurn();
}

const SHELLS: readonly (readonly [string, () => RootAgentOptions])[] = [
  ['dash', () => ({})],
  ['bash', () => ({ shell: '/bin/bash' })],
  ['busybox', () => ({ shell: '/bin/busybox', path: busyboxPath() })],
];

for (const [shell, options] of SHELLS) {
  test(`by ${shell}: streams apart, exit codes and signals true, words and variables as they are`, async () => {
    await withRoad(options(), async (road) => {
      const odd = ['a b', '', '$(id)', '"', "it's", '\\', '\n', 'é', '-n', '*'];
      const env = { A: "x'y\nz", B: new Secret('$(id)') };
      const text = 'echo err >&2; printf "%s|" "$A" "$B" "$PWD" "$HOME" "$USER" "$@"; echo again >&2; exit 7';
      const { out, err, end } = await run(road, { ...script(text, ...odd), env, cwd: '/tmp' });
      assert.equal(out.toString(), `${["x'y\nz", '$(id)', '/tmp', '/root', 'root', ...odd].join('|')}|`);
      assert.equal(err.toString(), 'err\nagain\n');
      assert.deepEqual(end, { exitCode: 7, signal: null });
      for (const code of [0, 127, 137, 143, 255]) {
        assert.deepEqual((await run(road, script(`exit ${code}`))).end, { exitCode: code, signal: null });
      }
      for (const signal of ['INT', 'TERM', 'KILL', 'PIPE'] as const) {
        const killed = await run(road, script(`kill -${signal} $$`));
        assert.deepEqual(killed.end, { exitCode: null, signal: `SIG${signal}` });
      }
    });
  });

  test(`by ${shell}: what cannot be started is told apart`, async () => {
    await withRoad(options(), async (road) => {
      const wanted: [SpawnRequest, string][] = [
        [{ argv: ['no-such-program'] }, 'EXEC_NOT_FOUND'],
        [{ argv: ['/etc/passwd'] }, 'EXEC_NOT_EXECUTABLE'],
        [{ argv: ['true'], cwd: '/no/such' }, 'EXEC_CWD_MISSING'],
        [{ argv: ['true'], user: 'ghost' }, 'EXEC_USER_UNKNOWN'],
      ];
      for (const [request, code] of wanted) {
        await assert.rejects(road.spawn(request), (error) => isFault(error, code), code);
      }
    });
  });

  test(`by ${shell}: output and input of any size pass whole`, async () => {
    await withRoad(options(), async (road) => {
      const { out } = await run(road, script('head -c 9000000 /dev/zero | tr "\\000" x'));
      assert.equal(out.length, 9_000_000);
      assert.ok(out.every((byte) => byte === 0x78));
      const input = randomBytes(3 * MIB + 1);
      const back = await run(road, { argv: ['cat'] }, input);
      assert.ok(back.out.equals(input));
    });
  });

  test(`by ${shell}: killing takes those that left session and parent behind, and ends the program`, async () => {
    await withRoad(options(), async (road) => {
      const text =
        'setsid sh -c "(sleep 97 </dev/null >/dev/null 2>&1 & echo \\$!)"; sleep 97 & echo $!; echo $$; wait';
      await using process = await road.spawn(script(text));
      process.stderr.resume();
      const pids: number[] = [];
      let rest = '';
      for await (const chunk of process.stdout.iterator({ destroyOnReturn: false })) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        pids.push(...lines.map(Number));
        if (pids.length === 3) break;
      }
      process.stdout.resume();
      await process.kill();
      assert.deepEqual(await process.ended, { exitCode: null, signal: 'SIGKILL' });
      assert.equal(pids[2], process.pid);
      await gone(pids);
    });
  });
}

test('a line arrives while the program runs, and a program whose output is not read waits', async () => {
  await withRoad({}, async (road) => {
    await using process = await road.spawn({
      ...script('echo first; read -r word; echo "got $word"'),
      stdin: true,
    });
    process.stderr.resume();
    const lines = process.stdout[Symbol.asyncIterator]();
    assert.equal(String((await lines.next()).value), 'first\n');
    process.stdin.write('back\n');
    assert.equal(String((await lines.next()).value), 'got back\n');
  });
});

test('50 MiB pass through files of the guest that stay small', async () => {
  await withRoad({ shell: '/bin/dash' }, async (road, agent) => {
    await using process = await road.spawn(script('exec head -c 52428800 /dev/zero'));
    process.stderr.resume();
    let bytes = 0;
    let largest = 0;
    const held = new MostHeld();
    for await (const chunk of process.stdout) {
      const part: Buffer = chunk;
      bytes += part.length;
      largest = Math.max(largest, jobBytes(agent));
      held.look();
    }
    assert.equal(bytes, 52_428_800);
    assert.ok(largest <= 8 * MIB, `${largest} bytes in the guest`);
    assert.ok(held.bytes <= 24 * MIB, `${held.bytes} bytes here`);
  });
});

/** What the one job holds that is in the agent's own /run. */
function jobBytes(program: RootAgent): number {
  const jobs = `/proc/${program.pid}/root/run/novalet/jobs`;
  return readdirSync(jobs, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(jobs, name), { throwIfNoEntry: false }))
    .reduce((sum, entry) => sum + (entry?.isDirectory() === false ? entry.size : 0), 0);
}

test('a terminal echoes, has its size, follows a new one, and turns Ctrl-C into SIGINT', async () => {
  await withRoad({}, async (road) => {
    const terminal = { rows: 30, columns: 100, term: 'xterm' };
    await using process = await road.spawn({ argv: ['sh', '-i'], terminal, env: { PS1: '> ' } });
    let text = '';
    const waiting = new Set<() => void>();
    process.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const look of waiting) look();
    });
    const shows = (wanted: RegExp) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (!wanted.test(text)) return;
        waiting.delete(look);
        text = '';
        resolve();
      };
      waiting.add(look);
      look();
      return promise;
    };
    await shows(/> $/);
    process.stdin.write('echo $TERM; stty size\n');
    await shows(/stty size\r\nxterm\r\n30 100\r\n> $/);
    await process.resize({ rows: 40, columns: 120 });
    process.stdin.write('stty size\n');
    await shows(/40 120\r\n> $/);
    // It says that it is up when the signal can be meant for nobody else: until then it would be the shell's.
    process.stdin.write(`exec sh -c 'trap "exit 130" INT; echo up; while :; do sleep 0.1; done'\n`);
    await shows(/\r\nup\r\n/);
    process.stdin.write('\x03');
    assert.deepEqual(await process.ended, { exitCode: 130, signal: null });
  });
});

test('no word, variable or input of a program gets into the log of the agent', async () => {
  await withRoad({}, async (road, program) => {
    const env = { TOKEN: new Secret('s3cret-variable') };
    const { out } = await run(
      road,
      { ...script('echo "$1$TOKEN"; cat', 's3cret-word'), env },
      Buffer.from('s3cret-input'),
    );
    assert.equal(out.toString(), 's3cret-words3cret-variable\ns3cret-input');
    const log = await program.log();
    assert.match(log, /guest-exec/);
    assert.ok(!log.includes('s3cret'));
  });
});

test('the agent is killed and comes back, and the program and its streams go on', async () => {
  await withRoad({}, async (road, program) => {
    const folder = mkdtempSync(join(tmpdir(), 'novalet-go-'));
    const go = join(folder, 'go');
    await using process = await road.spawn(
      script('echo one; while [ ! -e "$1" ]; do sleep 0.1; done; echo two; exit 3', go),
    );
    process.stderr.resume();
    const lines = process.stdout[Symbol.asyncIterator]();
    assert.equal(String((await lines.next()).value), 'one\n');
    await program.restart();
    await writeFile(go, '');
    assert.equal(String((await lines.next()).value), 'two\n');
    assert.deepEqual(await process.ended, { exitCode: 3, signal: null });
    rmSync(folder, { recursive: true });
  });
});

test('what is let go is killed, and nothing of it is left', async () => {
  await withRoad({}, async (road) => {
    let pid: number;
    {
      await using process = await road.spawn(script('sleep 95 & wait'));
      pid = process.pid;
      assert.ok(existsSync(`/proc/${pid}/exe`));
    }
    await gone([pid]);
  });
});

for (const user of [undefined, 'nobody']) {
  test(`files are written, read and verified as ${user ?? 'root'}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'novalet-files-'));
    await chmod(folder, 0o777);
    try {
      await withRoad({}, async (road) => {
        const path = join(folder, "a file's");
        const data = randomBytes(MIB + 7);
        const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
        const write = async (bytes: Buffer, more: { how: 'new' | 'truncate' | 'at'; offset?: number }) => {
          await using sink = await road.openWrite(path, { mode: 0o640, user, withDigest: true, ...more });
          await pipeline(Readable.from([bytes]), sink.stream);
          assert.deepEqual(await sink.finished, {
            bytes: bytes.length,
            digest: { algorithm: 'sha256', hex: sum(bytes) },
          });
        };
        await write(data, { how: 'new' });
        const { mode, uid } = statSync(path);
        assert.deepEqual([mode & 0o7777, uid], [0o640, user === undefined ? 0 : 65534]);
        await assert.rejects(write(data, { how: 'new' }), (error) => isFault(error, 'GUEST_FILE_EXISTS'));
        await write(data.subarray(1000), { how: 'at', offset: 1000 });
        await using source = await road.openRead(path, { user, withDigest: true, offset: 10 });
        const got = await whole(source.stream);
        assert.ok(got.equals(data.subarray(10)));
        assert.equal(source.size, data.length);
        assert.deepEqual(await source.digest, { algorithm: 'sha256', hex: sum(got) });
        await write(Buffer.from('short'), { how: 'truncate' });
        assert.equal(statSync(path).size, 5);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('why a file cannot be opened is told apart', async () => {
  await withRoad({}, async (road) => {
    const user = 'nobody';
    const code = (wanted: string) => (error: unknown) => isFault(error, wanted);
    await assert.rejects(road.openRead('/no/such'), code('GUEST_FILE_NOT_FOUND'));
    await assert.rejects(road.openRead('/etc'), code('GUEST_FILE_REFUSED'));
    await assert.rejects(road.openRead('/etc/shadow', { user }), code('GUEST_FILE_DENIED'));
    await assert.rejects(road.openRead('/root/x', { user }), code('GUEST_FILE_DENIED'));
    const how = 'new';
    await assert.rejects(
      road.openWrite('/etc/novalet', { mode: 0o600, how, user }),
      code('GUEST_FILE_DENIED'),
    );
    await assert.rejects(road.openWrite('/no/such', { mode: 0o600, how }), code('GUEST_FILE_NOT_FOUND'));
    await using sink = await road.openWrite('/dev/full', { mode: 0o600, how: 'truncate' }).catch((error) => {
      assert.ok(isFault(error, 'GUEST_FILE_REFUSED'));
      return { async [Symbol.asyncDispose]() {} };
    });
    assert.ok(!('stream' in sink));
  });
});
