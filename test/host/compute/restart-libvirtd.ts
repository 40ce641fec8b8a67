// The part of libvirtd-restart.long.test.ts that runs in namespaces of its own: a guest, and libvirtd's end in the middle.
// Argument: the signal that ends it.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { isFault, within } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import type { GuestProcess } from '../../../src/guest/index.ts';
import { connectUnix } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const SOCKETS = { libvirtd: '/run/libvirt/libvirt-sock', virtlogd: '/run/libvirt/virtlogd-sock' };

class Daemon implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(name: keyof typeof SOCKETS): Promise<Daemon> {
    const child = spawn(`/usr/sbin/${name}`, ['-p', `/run/libvirt/${name}.pid`], { stdio: 'ignore' });
    await within(60_000, `${name} to listen`, async (signal) => {
      while (!signal.aborted && !(await canConnect(SOCKETS[name]))) await later(20);
    });
    return new Daemon(child);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
  }
}

async function canConnect(path: string): Promise<boolean> {
  try {
    (await connectUnix(path, 1000)).destroy();
    return true;
  } catch (error) {
    if (isFault(error, 'SOCKET_MISSING', 'SOCKET_REFUSED')) return false;
    throw error;
  }
}

/** Answers each line with itself, so that it is seen to live; ends with 7 at the end of its input. */
const ECHO = { argv: ['sh', '-c', 'while read -r line; do echo "$line"; done; exit 7'], stdin: true };

async function echoes(process: GuestProcess, word: string): Promise<void> {
  process.stdin.write(`${word}\n`);
  await within(60_000, `${word} over the ${process.via}`, async () => {
    const { value } = await process.stdout.iterator({ destroyOnReturn: false }).next();
    assert.equal(String(value), `${word}\n`);
  });
}

async function ends(process: GuestProcess): Promise<void> {
  process.stdin.end();
  process.stdout.resume();
  const end = await within(60_000, `the end over the ${process.via}`, () => process.ended);
  assert.deepEqual(end, { exitCode: 7, signal: null });
}

/** Everything that is open is there before libvirtd ends and is used after it came back; the last of it is let go here. */
async function overARestart(compute: Compute, id: string, restart: () => Promise<void>): Promise<void> {
  const lane = await compute.guest(id, { via: 'lane' });
  const agent = await compute.guest(id, { via: 'agent' });
  const { jobs } = agent;
  const script = 'while [ ! -e /tmp/go ]; do sleep 0.2; done; echo out; exit 3';
  const job = await jobs.start({ argv: ['sh', '-c', script] });
  await using overLane = await lane.spawn(ECHO);
  await using overAgent = await agent.spawn(ECHO);
  for (const process of [overLane, overAgent]) {
    process.stderr.resume();
    await echoes(process, 'before');
  }
  const restarting = restart();
  await echoes(overLane, 'without'); // the lane is QEMU's
  await restarting;
  await compute.waitFor(id, { kind: 'agent' }, { timeoutMs: 60_000 });
  for (const process of [overLane, overAgent]) await echoes(process, 'after');
  await using anew = await lane.spawn(ECHO);
  await echoes(anew, 'anew');
  for (const via of ['lane', 'agent'] as const) {
    const { exitCode } = await compute.exec(id, { argv: ['touch', '/tmp/go'], via });
    assert.equal(exitCode, 0);
  }
  assert.ok((await jobs.list()).some((other) => other.id === job.id));
  await using attached = await jobs.attach(job.id);
  attached.stderr.resume();
  const { value } = await attached.stdout[Symbol.asyncIterator]().next();
  assert.equal(String(value), 'out\n');
  assert.deepEqual(await attached.ended, { exitCode: 3, signal: null });
  for (const process of [overLane, overAgent, anew]) await ends(process);
  await jobs.remove(job.id);
}

async function main(signal: NodeJS.Signals): Promise<void> {
  await using _ = await Daemon.start('virtlogd');
  let libvirtd = await Daemon.start('libvirtd');
  await using stack = new AsyncDisposableStack();
  stack.defer(() => libvirtd.end('SIGTERM'));
  await using world = await World.make();
  const compute = await world.compute();
  const { id } = await compute.launch({ image: await world.minimalImage(), network: 'none' });
  await compute.waitFor(id, { kind: 'agent' }, { timeoutMs: 120_000 });
  await overARestart(compute, id, async () => {
    await libvirtd.end(signal);
    libvirtd = await Daemon.start('libvirtd');
  });
  const { stdout } = await compute.exec(id, { argv: ['ls', '/run/novalet/jobs'], via: 'lane' });
  assert.equal(stdout.toString(), '');
  await compute.delete(id);
  assert.deepEqual((await world.snapshot())['domains'], []);
}

const [signal] = process.argv.slice(2);
if (signal !== 'SIGTERM' && signal !== 'SIGKILL') throw new Error(`${signal} is not what the test sends`);
await main(signal);
process.stdout.write('all of it went on\n');
