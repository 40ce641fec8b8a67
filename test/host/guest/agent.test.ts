// The bridge against the real qemu-ga, run on this host as an unprivileged user: no password, shutdown or freeze here.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isFault, Secret } from '../../../src/base/index.ts';
import { Agent, ExecFault, type ExecOptions, socketOpener } from '../../../src/guest/index.ts';
import { connectUnix } from '../../../src/hostlink/index.ts';
import { SocketChannel } from '../../../src/qapi/index.ts';
import { AgentProgram } from '../../fakes/agent-program.ts';

const peer = 'the agent of t';

function agentOf(program: AgentProgram, requestTimeoutMs = 10_000): Agent {
  const breaker = { firstPauseMs: 50, longestPauseMs: 50 };
  return new Agent({ peer, open: socketOpener(program.path, { peer }), requestTimeoutMs, breaker });
}

async function withAgent(work: (agent: Agent, program: AgentProgram) => Promise<void>): Promise<void> {
  await using program = await AgentProgram.start();
  await using agent = agentOf(program);
  await work(agent, program);
}

test("exit code, signal, output and input are the command's own", async () => {
  await withAgent(async (agent) => {
    const failed = await agent.exec(['sh', '-c', 'cat; echo err >&2; exit 7'], { stdin: 'in\0put' });
    assert.deepEqual([failed.exitCode, failed.signal], [7, null]);
    assert.equal(failed.stdout.toString(), 'in\0put');
    assert.equal(failed.stderr.toString(), 'err\n');
    const killed = await agent.exec(['sh', '-c', 'kill -TERM $$']);
    assert.deepEqual([killed.exitCode, killed.signal], [null, 'SIGTERM']);
    const binary = await agent.exec(['head', '-c', '100000', '/dev/urandom']);
    assert.equal(binary.stdout.length, 100_000);
    assert.equal(binary.stdoutTruncated, false);
  });
});

test('arguments reach the command as they are', async () => {
  await withAgent(async (agent) => {
    const odd = ['a b', '', '$(id)', '"', "'", '\\', '\n', 'é', '-n', '*', ';'];
    const plain = await agent.exec(['printf', '%s|', ...odd]);
    const wrapped = await agent.exec(['printf', '%s|', ...odd], { cwd: '/', timeoutMs: 20_000 });
    assert.equal(plain.stdout.toString(), `${odd.join('|')}|`);
    assert.equal(wrapped.stdout.toString(), plain.stdout.toString());
  });
});

test('what cannot be started is told apart, with and without a shell around it', async () => {
  await withAgent(async (agent) => {
    for (const options of [{}, { cwd: '/' }, { timeoutMs: 20_000 }, { captureLimit: 10 }] as ExecOptions[]) {
      const code = (wanted: string) => (error: unknown) =>
        isFault(error, wanted) && error.outcome === 'not-done';
      await assert.rejects(agent.exec(['no-such-command'], options), code('EXEC_NOT_FOUND'));
      await assert.rejects(agent.exec(['/no/such/file'], options), code('EXEC_NOT_FOUND'));
      await assert.rejects(agent.exec(['/etc/passwd'], options), code('EXEC_NOT_EXECUTABLE'));
      await assert.rejects(agent.exec(['/etc'], options), code('EXEC_NOT_EXECUTABLE'));
      await assert.rejects(agent.exec(['cd'], options), code('EXEC_NOT_FOUND'));
    }
    const argument = 'x'.repeat(100_000);
    const many = Array.from({ length: 60 }, () => argument);
    await assert.rejects(agent.exec(['true', ...many]), (error) => isFault(error, 'EXEC_SPAWN_FAILED'));
  });
});

test('variables, directory and user are set, and nothing of ours is left in the environment', async () => {
  await withAgent(async (agent) => {
    const env = {
      A: 'line\nbreak\\n \t',
      B: new Secret('$(id) `id` "\''),
      n: '1',
      line: '',
      IFS: 'x',
      E: 'é',
    };
    const script = 'printf "%s|" "$A" "$B" "$n" "$line" "$IFS" "$E"; pwd; cat; env | grep -c novalet';
    const result = await agent.exec(['sh', '-c', script], {
      env,
      cwd: '/tmp',
      user: 'nobody',
      stdin: 'IN\n',
    });
    const values = ['line\nbreak\\n \t', '$(id) `id` "\'', '1', ''];
    const text = result.stdout.toString();
    assert.ok(text.startsWith(`${values.join('|')}|`), text);
    assert.match(text, /\|é\|\/tmp\nIN\n0\n$/);
    await assert.rejects(agent.exec(['id'], { cwd: '/no/such' }), (error) =>
      isFault(error, 'EXEC_CWD_MISSING'),
    );
    await assert.rejects(agent.exec(['id'], { user: 'ghost' }), (error) =>
      isFault(error, 'EXEC_USER_UNKNOWN'),
    );
    await assert.rejects(agent.exec(['id'], { user: 'daemon' }), (error) =>
      isFault(error, 'EXEC_USER_DENIED'),
    );
  });
});

test('a command may end with 125 and any words, and that is its own result', async () => {
  await withAgent(async (agent) => {
    const result = await agent.exec(['sh', '-c', 'echo missing >&2; exit 125'], { cwd: '/' });
    assert.equal(result.exitCode, 125);
    assert.equal(result.stderr.toString(), 'missing\n');
  });
});

test('a capture limit keeps the first bytes of each stream, lets the command end, and gives its code', async () => {
  await withAgent(async (agent) => {
    const script =
      'head -c 3000000 /dev/zero | tr "\\0" o; head -c 3000000 /dev/zero | tr "\\0" e >&2; exit 9';
    const result = await agent.exec(['sh', '-c', script], { captureLimit: 1000, timeoutMs: 60_000 });
    assert.equal(result.exitCode, 9);
    assert.deepEqual(
      [result.stdout.toString(), result.stderr.toString()],
      ['o'.repeat(1000), 'e'.repeat(1000)],
    );
    assert.deepEqual([result.stdoutTruncated, result.stderrTruncated], [true, true]);
    const exact = await agent.exec(['printf', 'abc'], { captureLimit: 3 });
    assert.deepEqual([exact.stdout.toString(), exact.stdoutTruncated], ['abc', false]);
  });
});

test('input that one request cannot carry reaches the command by a file that is gone when it starts', async () => {
  await using program = await AgentProgram.start();
  const open = async (signal: AbortSignal | undefined) => {
    const socket = await connectUnix(program.path, 60_000, signal);
    // As small as libvirt's road.
    return await SocketChannel.open(socket, {
      peer,
      timeoutMs: 60_000,
      limits: { requestBytes: 128 * 1024 },
    });
  };
  await using agent = new Agent({ peer, open });
  const stdin = Buffer.from(Array.from({ length: 500_000 }, (_, at) => (at * 31) % 256));
  const env = { A: 'b' };
  const script = 'sha256sum; echo "$A"; ls /run /dev/shm /tmp 2>/dev/null | grep -c novalet-input; exit 4';
  const result = await agent.exec(['sh', '-c', script], { stdin, env, user: 'nobody', captureLimit: 1000 });
  const sum = createHash('sha256').update(stdin).digest('hex');
  assert.deepEqual([result.stdout.toString(), result.exitCode], [`${sum}  -\nb\n0\n`, 4]);
  const plain = await agent.exec(['wc', '-c'], { stdin });
  assert.equal(plain.stdout.toString(), '500000\n');
  await assert.rejects(agent.exec(['no-such'], { stdin }), (error) => isFault(error, 'EXEC_NOT_FOUND'));
  assert.equal((await agent.exec(['sh', '-c', 'ls /run /dev/shm /tmp | grep -c novalet-input'])).exitCode, 1);
});

test("output beyond the agent's own limit is cut there and said so", async () => {
  await withAgent(async (agent) => {
    const result = await agent.exec(['head', '-c', '17000000', '/dev/zero']);
    assert.deepEqual([result.stdout.length, result.stdoutTruncated], [16 * 1024 * 1024, true]);
    assert.equal(result.stderrTruncated, false);
  });
});

// Commands whose trees are of several shapes; each notes its pids and then stays.
const TREES: readonly [string, string][] = [
  ['children', 'sleep 97 & echo $!; sleep 97 & echo $!; echo $$; wait'],
  ['a parent that is gone', 'sleep 97 & echo $!; exit 0'],
  ['a deeper tree', 'sh -c "sleep 97 & echo \\$!; wait" & sh -c "exec sleep 97" & echo $!; echo $$; wait'],
  ['a session of its own', 'setsid sh -c "echo \\$\\$; exec sleep 97" & echo $$; wait'],
  ['a daemon that holds the output', '(setsid sh -c "echo \\$\\$; exec sleep 97" &); echo $$; exec sleep 97'],
];

test('a timeout kills whatever tree a command has, gives what was written, and the outcome is known', {
  concurrency: true,
}, async (context) => {
  const tests = TREES.map(([name, script]) =>
    context.test(name, () => withAgent((agent) => killedByTimeout(agent, script))),
  );
  await Promise.all(tests);
});

async function killedByTimeout(agent: Agent, script: string): Promise<void> {
  const left: number[] = [];
  await assert.rejects(agent.exec(['sh', '-c', script], { timeoutMs: 5000 }), (error) => {
    assert.ok(error instanceof ExecFault);
    assert.deepEqual([error.kind, error.code, error.outcome], ['timeout', 'EXEC_TIMEOUT', 'not-done']);
    const written = error.result?.stdout.toString() ?? '';
    assert.match(written, /^(\d+\n)+$/); // or the host was too slow for the script to come so far
    left.push(...written.trim().split('\n').map(Number));
    return true;
  });
  for (const pid of left) while (isAlive(pid)) await nextTurn(); // they were killed; dying takes its time
  await agent.ping();
}

test('cancelling a plain command kills it and its children, and nothing else', async () => {
  await withAgent(async (agent, program) => {
    const other = agent.exec(['sh', '-c', 'read line; echo $line'], { stdin: 'other\n' });
    const bystander = await agent.exec(['sh', '-c', 'sleep 96 >/dev/null 2>&1 & echo $!']);
    const cancel = new AbortController();
    const flag = join(program.folder, 'up');
    const script = 'sleep 97 & echo $!; : >"$0"; wait';
    let child = 0;
    const waiting = assert.rejects(
      agent.exec(['sh', '-c', script, flag], { signal: cancel.signal }),
      (error) => {
        assert.ok(error instanceof ExecFault);
        assert.deepEqual([error.code, error.outcome], ['CANCELLED', 'not-done']);
        child = Number(error.result?.stdout);
        return true;
      },
    );
    while (!existsSync(flag)) await nextTurn();
    cancel.abort();
    await waiting;
    assert.ok(child > 1);
    while (isAlive(child)) await nextTurn(); // it was killed; dying takes its time
    assert.equal((await other).stdout.toString(), 'other\n');
    const pid = Number(bystander.stdout);
    assert.ok(isAlive(pid));
    process.kill(pid, 'SIGKILL');
    assert.ok(isAlive(program.pid));
  });
});

test('many commands at once each get their own result', async () => {
  await withAgent(async (agent) => {
    const numbers = Array.from({ length: 40 }, (_, at) => at);
    const results = await Promise.all(numbers.map((n) => agent.exec(['sh', '-c', `echo ${n}; exit ${n}`])));
    assert.deepEqual(
      results.map(({ exitCode }) => exitCode),
      numbers,
    );
    assert.deepEqual(
      results.map(({ stdout }) => Number(stdout)),
      numbers,
    );
  });
});

test('an agent killed in the middle is a disconnection, and the next one is reached without more ado', async () => {
  await using program = await AgentProgram.start();
  await using agent = agentOf(program);
  const running = agent.exec(['sh', '-c', 'while [ -e "$0" ]; do sleep 0.1; done', program.folder]);
  const ended = assert.rejects(running, (error) =>
    isFault(error, 'AGENT_DISCONNECTED', 'SOCKET_REFUSED', 'SOCKET_MISSING'),
  );
  await agent.ping();
  await program.kill();
  await ended;
  await using again = await AgentProgram.start({ folder: program.folder });
  assert.ok(again.pid !== program.pid);
  assert.equal((await agent.exec(['echo', 'back'])).stdout.toString(), 'back\n');
});

test("the result of a command of a former agent is lost, and never another's", async () => {
  await using program = await AgentProgram.start();
  await using agent = agentOf(program);
  const pid = (await agent.call('guest-exec', { path: 'true' })).member('pid').integer(1, 2 ** 32);
  await program.kill();
  await using again = await AgentProgram.start({ folder: program.folder });
  await assert.rejects(agent.call('guest-exec-status', { pid }), (error) =>
    isFault(error, 'AGENT_DISCONNECTED', 'AGENT_REFUSED'),
  );
  await assert.rejects(agent.call('guest-exec-status', { pid }), (error) => isFault(error, 'AGENT_REFUSED'));
  assert.ok(isAlive(again.pid));
});

test('a stopped agent is unresponsive, calls behind it fail at once, and it is back when it goes on', async () => {
  await using program = await AgentProgram.start();
  await using agent = agentOf(program);
  await agent.ping();
  program.stop();
  const began = performance.now();
  const calls = [150, 60_000, 60_000, 60_000].map((timeoutMs) => agent.ping({ timeoutMs }));
  for (const call of calls) await assert.rejects(call, (error) => isFault(error, 'AGENT_UNRESPONSIVE'));
  assert.ok(performance.now() - began < 60_000, 'a call waited for itself');
  program.continue();
  for (;;) {
    try {
      await agent.ping();
      break;
    } catch (error) {
      assert.ok(isFault(error), String(error));
      await nextTurn();
    }
  }
});

test('files are written and read whole, in pieces, with their permissions from the start', async () => {
  await withAgent(async (agent, program) => {
    const path = join(program.folder, 'file with space');
    const data = Buffer.from(Array.from({ length: 700_001 }, (_, at) => (at * 7919) % 256));
    await agent.writeFile(path, data, { permissions: 0o640 });
    assert.deepEqual(await readFile(path), data);
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    assert.deepEqual(await agent.readFile(path), data);
    await agent.writeFile(path, 'end', { append: true });
    assert.equal((await agent.readFile(path)).subarray(-3).toString(), 'end');
    await assert.rejects(agent.readFile(path, { maxBytes: 1000 }), (error) =>
      isFault(error, 'GUEST_FILE_TOO_LARGE'),
    );
    for (const missing of ['/no/such', '/etc']) {
      await assert.rejects(agent.readFile(missing), (error) => isFault(error, 'GUEST_FILE_REFUSED'));
    }
    assert.equal(await handles(program), 0);
  });
});

test('a full disk is a fault and not a short file', async () => {
  await withAgent(async (agent) => {
    await assert.rejects(agent.writeFile('/dev/full', 'x'.repeat(200_000)), (error) =>
      isFault(error, 'GUEST_FILE_REFUSED', 'GUEST_FILE_SHORT'),
    );
  });
});

test('facts and addresses are what this host has', async () => {
  await withAgent(async (agent) => {
    assert.ok((await agent.info()).commands.has('guest-exec'));
    assert.equal((await agent.osInfo()).id, /^ID=(\S+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]);
    assert.ok((await agent.hostName()).length > 0);
    const loopback = (await agent.networkInterfaces()).find(({ name }) => name === 'lo');
    assert.deepEqual(loopback?.addresses[0], { family: 'ipv4', address: '127.0.0.1', prefix: 8 });
  });
});

test('a policy that blocks exec is named as such', async () => {
  await using program = await AgentProgram.start({ block: ['guest-exec'] });
  await using agent = agentOf(program);
  await assert.rejects(agent.exec(['true']), (error) => isFault(error, 'AGENT_COMMAND_BLOCKED'));
});

/** Files of ours that the agent holds open. */
async function handles(program: AgentProgram): Promise<number> {
  const folder = `/proc/${program.pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')),
  );
  return links.filter((link) => link.includes('file with space')).length;
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
