// The script of a rerun in a real shell, and as a job behind the real qemu-ga, with a cloud-init that only says how it was called.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import {
  Agent,
  followRerun,
  Jobs as GuestJobs,
  type StepEnd,
  socketOpener,
  startRerun,
} from '../../../src/guest/index.ts';
import { RootAgent } from '../../fakes/root-agent.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novalet-rerun-'));
  await symlink('/bin/sh', join(folder, 'sh'));
});
after(() => rm(folder, { recursive: true }));

type Jobs = Parameters<typeof startRerun>[0];
type Job = Awaited<ReturnType<Jobs['start']>>;

/** Runs a job here instead of in a guest, where `cloud-init` is what stands in the folder, or nothing. */
class JobsOfThisHost implements Jobs {
  #child: ReturnType<typeof spawn> | undefined;

  async start({ argv, name }: Parameters<Jobs['start']>[0]): Promise<Job> {
    const [program = '', ...rest] = argv;
    this.#child = spawn(program, rest, { env: { PATH: folder }, stdio: ['ignore', 'pipe', 'ignore'] });
    const ids = { id: '00000001', pid: this.#child.pid, startedAt: new Date().toISOString() };
    const io = { hasStdin: false, hasTerminal: false, isTruncated: false };
    return {
      ...ids,
      ...io,
      name,
      command: argv.join(' '),
      user: undefined,
      state: 'running',
      end: undefined,
    };
  }

  async attach() {
    const child = this.#child;
    assert.ok(child?.stdout);
    const stdout = child.stdout.pipe(new PassThrough());
    const ended = once(child, 'exit').then(([exitCode]) => ({ exitCode: Number(exitCode), signal: null }));
    return { stdout, stderr: new PassThrough(), ended, [Symbol.asyncDispose]: async () => void child.kill() };
  }
}

async function rerun(program: string | undefined, clearLogs = false) {
  const log = join(folder, 'calls');
  await rm(log, { force: true });
  const path = join(folder, 'cloud-init');
  await rm(path, { force: true });
  if (program !== undefined) {
    await writeFile(path, `#!/bin/sh\necho "$*" >>${log}\necho noise\n${program}\n`);
    await chmod(path, 0o755);
  }
  const told: string[] = [];
  const jobs = new JobsOfThisHost();
  const { id } = await startRerun(jobs, { clearLogs });
  const ends: readonly StepEnd[] = await followRerun(jobs, id, {
    signal: new AbortController().signal,
    onBegin: (step) => told.push(`begin ${step}`),
    onEnd: ({ step }) => told.push(`end ${step}`),
  });
  return { ends, told, calls: (await readFile(log, 'utf8')).trim().split('\n') };
}

const BOOT = ['init --local', 'init', 'modules --mode config', 'modules --mode final'];

test('a rerun cleans and then does the four stages of a boot, in their order', async () => {
  const { ends, told, calls } = await rerun('exit 0');
  assert.deepEqual(calls, ['clean', ...BOOT]);
  assert.deepEqual(
    ends.map(({ step, exitCode }) => [step, exitCode]),
    [
      ['clean', 0],
      ['init-local', 0],
      ['init', 0],
      ['modules-config', 0],
      ['modules-final', 0],
    ],
  );
  assert.deepEqual(told.slice(0, 3), ['begin clean', 'end clean', 'begin init-local']);
});

test('the logs go only when that is said', async () => {
  const { calls } = await rerun('exit 0', true);
  assert.equal(calls[0], 'clean --logs');
});

test('a stage that fails is told with its status, and the later ones run all the same', async () => {
  const { ends, calls } = await rerun('[ "$*" = "modules --mode config" ] && exit 3; exit 0');
  assert.deepEqual(calls, ['clean', ...BOOT]);
  assert.deepEqual(
    ends.filter(({ exitCode }) => exitCode !== 0),
    [{ step: 'modules-config', exitCode: 3 }],
  );
});

test('when it cannot clean, nothing else is run', async () => {
  const { ends, calls } = await rerun('exit 1');
  assert.deepEqual(calls, ['clean']);
  assert.deepEqual(ends, [{ step: 'clean', exitCode: 1 }]);
});

test('without cloud-init nothing is run, and it says so', async () => {
  await assert.rejects(rerun(undefined), (error) => isFault(error, 'EXEC_NOT_FOUND'));
});

test('whoever stops waiting leaves the rerun to go to its end', { timeout: 60_000 }, async () => {
  const go = join(folder, 'go');
  const script = `#!/bin/sh\nwhile [ ! -e ${go} ]; do sleep 0.1; done\necho "$*" >>${join(folder, 'calls')}\n`;
  await rm(join(folder, 'calls'), { force: true });
  await writeFile(join(folder, 'cloud-init'), script, { mode: 0o755 });
  await using program = await RootAgent.start();
  const peer = 'the agent of t';
  await using agent = new Agent({ peer, open: socketOpener(program.socket, { peer }) });
  const jobs = new GuestJobs(agent);
  const env = { PATH: `${folder}:${process.env['PATH']}` };
  const here: Jobs = {
    start: (request) => jobs.start({ ...request, env }),
    attach: (job) => jobs.attach(job),
  };
  const { id } = await startRerun(here, { clearLogs: false });
  const stop = new AbortController();
  const enough = new Fault('cancelled', 'CANCELLED', 'Enough');
  const following = followRerun(jobs, id, {
    signal: stop.signal,
    onBegin: () => stop.abort(enough),
    onEnd: () => assert.fail('no step has ended'),
  });
  await assert.rejects(following, enough);
  assert.equal((await jobs.show(id)).state, 'running');
  await writeFile(go, '');
  assert.deepEqual(await jobs.wait(id), { exitCode: 0, signal: null });
  assert.deepEqual((await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n'), ['clean', ...BOOT]);
  const again = await followRerun(jobs, id, {
    signal: new AbortController().signal,
    onBegin: () => undefined,
    onEnd: () => undefined,
  });
  assert.deepEqual(
    again.map(({ exitCode }) => exitCode),
    [0, 0, 0, 0, 0],
  );
  await jobs.remove(id);
});
