// The job program's place in one guest: puts it there when it is missing, and runs its verbs.
import { delay, type Fault, isFault } from '../../base/index.ts';
import { QapiFault, shortened } from '../../qapi/index.ts';
import type { AgentCaller } from '../caller.ts';
import { noShell, resultLost } from '../exec-faults.ts';
import { spooled } from '../exec-input.ts';
import { ExecPace } from '../exec-pace.ts';
import { poll, send } from '../exec-poll.ts';
import { plainSpawn } from '../exec-request.ts';
import { GuestHandle } from './handle.ts';
import { noPlace, programFailed, rebooted } from './job-faults.ts';
import { INSTALL_SCRIPT, JOB_FILE_NAME, JOB_SCRIPT } from './job-script.ts';

/** How long a verb may take in the guest; killing and listing look at every process. */
const VERB_TIMEOUT_MS = 60_000;
const BOOT_ID = /^[0-9a-f-]{36}$/;
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';
const HOME = /^\/(run|dev\/shm|tmp)\/novalet$/;
const UNSPOOL_SCRIPT = 'exec <"$1" || exit 1; rm -f -- "$1"; shift; exec "$@"';
/** How long a guest may take to boot before nobody waits any more to hear that it did. */
const PATIENCE_MS = 180_000;

export interface Settled {
  readonly home: string;
  readonly bootId: string;
}

export class JobHouse {
  readonly agent: AgentCaller;
  readonly #pace = new ExecPace();
  #settled: { readonly epoch: number; readonly found: Promise<Settled> } | undefined;

  constructor(agent: AgentCaller) {
    this.agent = agent;
  }

  /** Where the program and the jobs are. Throws `JOB_NO_PLACE`, `GUEST_DISK_FULL`. */
  async settled(): Promise<Settled> {
    const { epoch } = this.agent;
    if (this.#settled === undefined || this.#settled.epoch !== epoch) {
      const found = this.#install();
      this.#settled = { epoch, found };
      try {
        await found;
        this.#settled = { epoch: this.agent.epoch, found };
      } catch (error) {
        this.#settled = undefined;
        throw error;
      }
    }
    return await this.#settled.found;
  }

  /** What one verb printed, in lines. Never given up once sent. `readOnly` verbs are tried again after a lost agent. */
  async verb(words: readonly string[], input?: Buffer): Promise<string[]> {
    for (const isLast of [false, true]) {
      const { home } = await this.settled();
      const lines = await this.#run(['/bin/sh', `${home}/${JOB_FILE_NAME}`, ...words], input);
      // Without a word the program is not there: the guest rebooted, or somebody emptied the folder.
      if (lines.length > 0) return lines;
      if (isLast) break;
      this.#settled = undefined;
    }
    throw programFailed(this.agent.peer, 'nothing');
  }

  /** Asks the kernel, when something that should be there is not. Throws `GUEST_REBOOTED`. */
  async demandSameBoot(bootId: string): Promise<void> {
    if ((await this.bootId()) !== bootId) throw rebooted(this.agent.peer);
  }

  async bootId(): Promise<string> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const handle = await GuestHandle.open(this.agent, BOOT_ID_PATH, 'r');
        const text = (await handle.read(100)).toString('latin1').trim();
        await handle.close();
        if (BOOT_ID.test(text)) return text;
        throw programFailed(this.agent.peer, shortened(text));
      } catch (error) {
        const isAway = isFault(error) && (error.kind === 'unavailable' || error.kind === 'timeout');
        if (!isAway || performance.now() > until) throw error;
      }
      await delay(500);
    }
  }

  async #install(): Promise<Settled> {
    const argv = ['/bin/sh', '-c', INSTALL_SCRIPT, 'novalet-install', JOB_FILE_NAME];
    const [line = ''] = await this.#run(argv, Buffer.from(JOB_SCRIPT));
    if (line === 'no-place' || line === 'full') throw noPlace(this.agent.peer);
    const [word, home = '', bootId = ''] = line.split(' ');
    if (word !== 'home' || !HOME.test(home) || !BOOT_ID.test(bootId))
      throw programFailed(this.agent.peer, shortened(line));
    return { home, bootId };
  }

  async #run(argv: readonly string[], input: Buffer | undefined): Promise<string[]> {
    const { agent } = this;
    const path = await spooled(agent, argv, { stdin: input });
    const spawn =
      path === undefined
        ? plainSpawn(argv, input)
        : plainSpawn(['/bin/sh', '-c', UNSPOOL_SCRIPT, 'novalet-input', path, ...argv], undefined);
    const began = performance.now();
    let pid: number;
    try {
      pid = await send(agent, spawn, undefined);
    } catch (error) {
      throw error instanceof QapiFault ? noShell(agent.peer, error) : error;
    }
    const signal = AbortSignal.timeout(VERB_TIMEOUT_MS);
    const paced = this.#pace.of(performance.now() - began);
    try {
      const { stdout } = await poll(agent, { pid, command: 'the job program', ...paced }, signal);
      return stdout.toString('utf8').split('\n').slice(0, -1);
    } catch (error) {
      // It was started: a fault that knows of nothing done means its own question, not the verb.
      const isLost =
        signal.aborted ||
        (isFault(error) && (error.outcome === 'not-done' || ['unavailable', 'timeout'].includes(error.kind)));
      throw isLost ? resultLost('the job program', pid, error) : error;
    }
  }
}

/** Of the one line that most verbs print. */
export function oneWord(lines: readonly string[]): string {
  return lines[0] ?? '';
}

export function unexpected(peer: string, lines: readonly string[]): Fault {
  return programFailed(peer, shortened(lines.join(' ')));
}
