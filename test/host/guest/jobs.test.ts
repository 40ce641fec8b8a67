// Detached jobs against the real qemu-ga as root on this host.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isFault } from '../../../src/base/index.ts';
import { Agent } from '../../../src/guest/agent.ts';
import { socketOpener } from '../../../src/guest/connect.ts';
import { type JobRequest, Jobs } from '../../../src/guest/jobs/index.ts';
import { RootAgent } from '../../fakes/root-agent.ts';

const peer = 'the agent of t';

async function withJobs(work: (jobs: Jobs, program: RootAgent) => Promise<void>): Promise<void> {
  await using program = await RootAgent.start();
  await using agent = new Agent({ peer, open: socketOpener(program.socket, { peer }) });
  await work(new Jobs(agent), program);
}

/** Another novalet, which knows nothing of the first one. */
async function elsewhere<T>(program: RootAgent, work: (jobs: Jobs) => Promise<T>): Promise<T> {
  await using agent = new Agent({ peer, open: socketOpener(program.socket, { peer }) });
  return await work(new Jobs(agent));
}

function script(text: string, ...words: string[]): JobRequest {
  return { argv: ['sh', '-c', text, 'x', ...words] };
}

async function whole(chunks: AsyncIterable<Buffer> | Readable): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += String(chunk);
  return text;
}

const code = (wanted: string) => (error: unknown) => isFault(error, wanted);

test('a job outlives who started it and the agent, and its output and result are found by its id', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'novalet-job-'));
  try {
    await using program = await RootAgent.start();
    const text = 'echo out; echo err >&2; while [ ! -e "$1" ]; do sleep 0.1; done; echo end; exit 4';
    const { id } = await elsewhere(program, (jobs) =>
      jobs.start({ ...script(text, join(folder, 'go')), name: 'n' }),
    );
    await program.restart();
    await elsewhere(program, async (jobs) => {
      const job = await jobs.show(id);
      assert.deepEqual([job.state, job.name, job.end], ['running', 'n', undefined]);
      assert.ok((await jobs.list()).some((other) => other.id === id));
      writeFileSync(join(folder, 'go'), '');
      assert.deepEqual(await jobs.wait(id), { exitCode: 4, signal: null });
      assert.equal(await whole(jobs.output(id)), 'out\nend\n');
      assert.equal(await whole(jobs.output(id, { stream: 'stdout', from: 4 })), 'end\n');
      assert.equal(await whole(jobs.output(id, { stream: 'stderr' })), 'err\n');
      assert.equal((await jobs.show(id)).state, 'ended');
      await jobs.remove(id);
      await assert.rejects(jobs.show(id), code('JOB_NOT_FOUND'));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('attaching shows what was and what comes, sends input, and leaves the job alone when it is let go', async () => {
  await withJobs(async (jobs) => {
    const { id } = await jobs.start({
      ...script('echo ready; read -r a; echo "$a"; read -r b; echo "$b"'),
      stdin: true,
    });
    {
      await using process = await jobs.attach(id);
      process.stdin.write('one\n');
      let text = '';
      for await (const chunk of process.stdout) {
        text += String(chunk);
        if (text === 'ready\none\n') break;
      }
    }
    assert.equal((await jobs.show(id)).state, 'running');
    {
      await using process = await jobs.attach(id);
      process.stdin.end('two\n');
      assert.equal(await whole(process.stdout), 'ready\none\ntwo\n');
      assert.deepEqual(await process.ended, { exitCode: 0, signal: null });
    }
    await jobs.remove(id);
  });
});

test('output beyond the limit is dropped and marked, and the job goes on', async () => {
  await withJobs(async (jobs) => {
    const { id } = await jobs.start({
      ...script('head -c 9000000 /dev/zero; exit 6'),
      maxOutputBytes: 3_000_000,
    });
    assert.deepEqual(await jobs.wait(id), { exitCode: 6, signal: null });
    let bytes = 0;
    for await (const chunk of jobs.output(id)) bytes += chunk.length;
    assert.ok(bytes >= 3_000_000 && bytes < 3_000_000 + 2 * 1024 * 1024, String(bytes));
    assert.equal((await jobs.show(id)).isTruncated, true);
    await jobs.remove(id);
  });
});

test('a signal reaches the group, a kill the tree, and an ended job takes neither', async () => {
  await withJobs(async (jobs) => {
    const calm = await jobs.start(script('trap "exit 9" USR1; echo up; while :; do sleep 0.1; done'));
    for await (const _ of jobs.output(calm.id)) break;
    await jobs.signal(calm.id, 'SIGUSR1');
    assert.deepEqual(await jobs.wait(calm.id), { exitCode: 9, signal: null });
    await assert.rejects(jobs.signal(calm.id, 'SIGTERM'), code('JOB_ENDED'));
    const tree = await jobs.start(script('setsid sh -c "(sleep 94 >/dev/null 2>&1 & echo \\$!)"; sleep 94'));
    let pid = '';
    for await (const chunk of jobs.output(tree.id)) {
      pid = String(chunk).trim();
      break;
    }
    await jobs.kill(tree.id);
    assert.deepEqual(await jobs.wait(tree.id), { exitCode: null, signal: 'SIGKILL' });
    while (existsSync(`/proc/${pid}/exe`)) await nextTurn(); // it was killed; dying takes its time
    await jobs.remove(calm.id);
    await jobs.remove(tree.id);
  });
});

test("a number that was given to another process is not taken for the job's", async () => {
  await withJobs(async (jobs) => {
    const { id } = await jobs.start(script('exec sleep 93'));
    const events = `/run/novalet/jobs/${id}/events`;
    const before = readFileSync(events, 'utf8');
    // As if the program were gone and this process had got its number.
    writeFileSync(events, before.replace(/^pid \d+ (\d+) \d+/m, `pid ${process.pid} $1 ${process.pid}`));
    await assert.rejects(jobs.signal(id, 'SIGTERM'), code('JOB_ENDED'));
    writeFileSync(events, before);
    await jobs.remove(id);
  });
});

test('what is no id, no signal or no job is refused', async () => {
  await withJobs(async (jobs) => {
    await assert.rejects(jobs.show('../../etc'), code('JOB_ID_INVALID'));
    await assert.rejects(jobs.show('00000000'), code('JOB_NOT_FOUND'));
    await assert.rejects(jobs.kill('00000000'), code('JOB_NOT_FOUND'));
    await assert.rejects(jobs.signal('00000000', 'SIG; reboot'), code('EXEC_SIGNAL_UNKNOWN'));
    await assert.rejects(jobs.start({ argv: ['no-such-program'] }), code('EXEC_NOT_FOUND'));
  });
});
