// The real qemu-ga as root on this host, for what needs root: keys and passwords of a user made for one test. Whatever
// could harm the host is switched off in it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { isFault, within } from '../../../src/base/index.ts';
import { connectUnix, runProgram } from '../../../src/hostlink/index.ts';

const HARMFUL = [
  'guest-shutdown',
  'guest-suspend-disk',
  'guest-suspend-ram',
  'guest-suspend-hybrid',
  'guest-fsfreeze-freeze',
  'guest-fsfreeze-freeze-list',
  'guest-fstrim',
  'guest-set-time',
  'guest-set-vcpus',
  'guest-set-memory-blocks',
  'guest-file-write',
];

export class RootAgent implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(folder: string, block: readonly string[]) {
    this.#folder = folder;
    this.path = join(folder, 'agent.sock');
    const blocked = [...HARMFUL, ...block].join(',');
    const words = [
      '-m',
      'unix-listen',
      '-p',
      this.path,
      '-t',
      folder,
      '-f',
      join(folder, 'pid'),
      '-b',
      blocked,
    ];
    this.#child = spawn('/usr/sbin/qemu-ga', words, {
      cwd: '/',
      stdio: 'ignore',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('exit', () => resolve());
    this.#exited = promise;
  }

  static async start(block: readonly string[] = []): Promise<RootAgent> {
    const agent = new RootAgent(await mkdtemp(join(tmpdir(), 'nvt-root-agent-')), block);
    await within(60_000, 'qemu-ga to listen', async (signal) => {
      while (!signal.aborted && !(await canConnect(agent.path))) await turn();
    });
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    await rm(this.#folder, { recursive: true, force: true });
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

/** A user of this host for one test. */
export class ThrowawayUser implements AsyncDisposable {
  readonly name: string;
  readonly home: string;

  private constructor(name: string, home: string) {
    this.name = name;
    this.home = home;
  }

  /** `begins`: the name, before the number that keeps two runs on one host apart. */
  static async make(begins: string): Promise<ThrowawayUser> {
    const name = `${begins}${process.pid}`;
    const home = join(await mkdtemp('/var/tmp/nvt-home-'), name);
    await runProgram('useradd', ['--create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
    return new ThrowawayUser(name, home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runProgram('userdel', [this.name]);
    await rm(join(this.home, '..'), { recursive: true, force: true });
  }
}
