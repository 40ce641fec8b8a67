// The real qemu-ga on a unix socket of this host, as an unprivileged user: a guest agent with no guest.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

const QEMU_GA = '/usr/sbin/qemu-ga';
const NOBODY = 65534;

export interface AgentProgramOptions {
  /** Commands that are switched off, as a distribution's policy does. */
  readonly block?: readonly string[];
  /** Where to listen; default: a socket of its own. */
  readonly folder?: string;
}

export class AgentProgram implements AsyncDisposable {
  readonly path: string;
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  /** Starts it and waits until it listens. Uid `nobody` when we are root: what it executes can then do no harm. */
  static async start(options: AgentProgramOptions = {}): Promise<AgentProgram> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'novalet-agent-')));
    await chmod(folder, 0o777);
    await rm(join(folder, 'agent.sock'), { force: true });
    const program = new AgentProgram(folder, options.block ?? []);
    await program.#listening();
    return program;
  }

  private constructor(folder: string, block: readonly string[]) {
    this.folder = folder;
    this.path = join(folder, 'agent.sock');
    const words = ['-m', 'unix-listen', '-p', this.path, '-t', folder, '-f', join(folder, 'pid')];
    if (block.length > 0) words.push('-b', block.join(','));
    const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    this.#child = spawn(QEMU_GA, words, {
      ...identity,
      cwd: '/',
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] ?? '' },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('exit', () => resolve());
    this.#exited = promise;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** SIGSTOP: it keeps its socket and answers nothing. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  continue(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      if (await canConnect(this.path)) return;
      if (performance.now() > deadline) throw new Error(`qemu-ga does not listen on ${this.path}`);
      await turn();
    }
  }
}

async function canConnect(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path });
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const result = await promise;
  socket.destroy();
  return result;
}
