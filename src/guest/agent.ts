// The agent of one guest: everything that can be asked of it, over whatever channel there is.
// Knows no libvirt. Commands: QEMU, qga/qapi-schema.json.
import type { Secret } from '../base/index.ts';
import { isFault } from '../base/index.ts';
import { type ChannelLimits, QapiFault } from '../qapi/index.ts';
import type { AgentCaller, CallOptions } from './caller.ts';
import {
  type AgentInfo,
  commandBlocked,
  commandMissing,
  decodeInfo,
  frozen,
  standing,
} from './capabilities.ts';
import { setPassword } from './credentials/password.ts';
import { Reply } from './decode.ts';
import { type ExecMemory, exec } from './exec.ts';
import { ExecPace } from './exec-pace.ts';
import type { ExecOptions } from './exec-request.ts';
import type { ExecResult } from './exec-result.ts';
import { type GuestInterface, readInterfaces } from './facts/interfaces.ts';
import { type OsInfo, readHostName, readOsInfo } from './facts/system.ts';
import { type ReadFileOptions, readFile, type WriteFileOptions, writeFile } from './files.ts';
import { AgentLink, type LinkOptions } from './link.ts';
import { type ShutdownMode, shutdown } from './power.ts';
import { Reaper } from './reaper.ts';

export interface AgentOptions extends LinkOptions {
  /** How long a reply may take where a call says nothing else, in milliseconds. Default 10 s, and 25 s for guest-file-*. */
  readonly requestTimeoutMs?: number;
  /** The same for guest-file-*; as for all others where that is said. */
  readonly fileTimeoutMs?: number;
  /** How long it may take to kill what `exec` ran, with all it started, in milliseconds. Default 60 s: a busy guest is slow. */
  readonly killTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 10_000;
/** The agent does nothing else while it waits for a disk of the guest's, and a disk that syncs keeps it waiting. */
const FILE_TIMEOUT_MS = 25_000;

/** Sent without asking first whether the agent has them: it always has. */
const ALWAYS = new Set(['guest-ping', 'guest-info', 'guest-sync', 'guest-sync-delimited']);

/**
 * One guest's agent. Calls may be made at any time and take turns. Every call throws what Channel.request throws,
 * `AGENT_BUSY` when its turn does not come, and what presence and capability have to say (`AGENT_COMMAND_BLOCKED`,
 * `AGENT_COMMAND_UNSUPPORTED`, `AGENT_FROZEN`).
 */
export class Agent implements AgentCaller, AsyncDisposable {
  readonly #link: AgentLink;
  readonly #requestTimeoutMs: number;
  readonly #fileTimeoutMs: number;
  readonly #memory: ExecMemory;
  #known: { readonly epoch: number; readonly info: AgentInfo } | undefined;

  constructor(options: AgentOptions) {
    this.#link = new AgentLink(options);
    this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#fileTimeoutMs = options.fileTimeoutMs ?? options.requestTimeoutMs ?? FILE_TIMEOUT_MS;
    const { killTimeoutMs = 60_000 } = options;
    this.#memory = { reaper: new Reaper(this), pace: new ExecPace(), hasSetsid: true, killTimeoutMs };
  }

  get peer(): string {
    return this.#link.peer;
  }

  get epoch(): number {
    return this.#link.epoch;
  }

  async limits(signal?: AbortSignal): Promise<ChannelLimits> {
    return await this.#link.limits(signal);
  }

  /** Proves that the agent answers. */
  async ping(options: CallOptions = {}): Promise<void> {
    await this.call('guest-ping', undefined, { readOnly: true, ...options });
  }

  /** Version and commands, as the agent says now. */
  async info(options: CallOptions = {}): Promise<AgentInfo> {
    const info = decodeInfo(await this.call('guest-info', undefined, { readOnly: true, ...options }));
    this.#known = { epoch: this.epoch, info };
    return info;
  }

  /**
   * Runs a command to its end and gives what it wrote. Throws `EXEC_NOT_FOUND`, `EXEC_NOT_EXECUTABLE`,
   * `EXEC_USER_UNKNOWN`, `EXEC_CWD_MISSING` and the like when it could not start; ExecFault `EXEC_TIMEOUT` or
   * `CANCELLED` when it was stopped, with outcome `unknown` if it may still run; `EXEC_RESULT_LOST` when the guest
   * rebooted or its agent was restarted in the middle.
   */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return await exec(this, this.#memory, argv, options);
  }

  /** Sets a user's password; `crypted`: it is a crypt(3) hash. */
  async setPassword(
    user: string,
    password: Secret,
    options: { readonly crypted?: boolean } = {},
  ): Promise<void> {
    await setPassword(this, user, password, options.crypted ?? false);
  }

  async networkInterfaces(): Promise<GuestInterface[]> {
    return await readInterfaces(this);
  }

  async osInfo(): Promise<OsInfo> {
    return await readOsInfo(this);
  }

  async hostName(): Promise<string> {
    return await readHostName(this);
  }

  /** The whole of a file in the guest, up to `maxBytes` (default 16 MiB). Throws `GUEST_FILE_TOO_LARGE`, `GUEST_FILE_REFUSED`. */
  async readFile(path: string, options: ReadFileOptions = {}): Promise<Buffer> {
    return await readFile(this, path, options);
  }

  /** Writes a file in the guest. Without `permissions` the agent creates it 0666. Throws `GUEST_FILE_REFUSED`, `GUEST_FILE_SHORT`. */
  async writeFile(path: string, data: Uint8Array | string, options: WriteFileOptions = {}): Promise<void> {
    await writeFile(this, path, data, options);
  }

  /** Asks the guest to halt, power down or reboot; it answers with silence, so that only its end tells of success. */
  async shutdown(mode: ShutdownMode = 'powerdown'): Promise<void> {
    await shutdown(this, mode);
  }

  /** The agent connected anew (rebooted, restarted): what was known of it is forgotten, a hang included. */
  async reset(): Promise<void> {
    this.#known = undefined;
    this.#memory.reaper.forget();
    await this.#link.reset();
  }

  async close(): Promise<void> {
    this.#memory.reaper.forget();
    await this.#link.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** One command of any name, checked against what the agent has. The typed methods above are all made of it. */
  async call(command: string, args?: object, options: CallOptions = {}): Promise<Reply> {
    if (!ALWAYS.has(command)) await this.#demand(command, options);
    const ofCommand = command.startsWith('guest-file-') ? this.#fileTimeoutMs : this.#requestTimeoutMs;
    const timeoutMs = options.timeoutMs ?? ofCommand;
    try {
      const value = await this.#link.request(command, args, { ...options, timeoutMs });
      return new Reply(this.peer, command, value, options.readOnly === true ? 'not-done' : 'unknown');
    } catch (error) {
      // Blocked or frozen since we asked. Some roads do not tell the class.
      const signs = options.mayRefuse === true ? ['CommandNotFound'] : ['CommandNotFound', ''];
      const mayBeGone = error instanceof QapiFault && signs.includes(error.class);
      if (mayBeGone && !ALWAYS.has(command)) await this.#refuse(command, options);
      throw error;
    }
  }

  async #demand(command: string, options: CallOptions): Promise<void> {
    const known = this.#known?.epoch === this.epoch ? this.#known.info : undefined;
    if (known !== undefined && standing(known, command) === 'usable') return;
    await this.#refuse(command, options); // what is refused is refused on fresh information only
  }

  /** Throws when the command cannot be used now; returns when it can. */
  async #refuse(command: string, { signal, timeoutMs }: CallOptions): Promise<void> {
    const info = await this.info({ signal, timeoutMs });
    switch (standing(info, command)) {
      case 'usable':
        return;
      case 'missing':
        throw commandMissing(this.peer, command, info);
      case 'blocked':
        throw (await this.#isFrozen(info, signal))
          ? frozen(this.peer, command)
          : commandBlocked(this.peer, command);
      default:
        return;
    }
  }

  /** By asking, not by the error's text: after a thaw, agents up to 7.2 go on saying "frozen" of what is blocked. */
  async #isFrozen(info: AgentInfo, signal: AbortSignal | undefined): Promise<boolean> {
    const command = 'guest-fsfreeze-status';
    if (standing(info, command) !== 'usable') return false;
    try {
      const timeoutMs = this.#requestTimeoutMs;
      return (
        (await this.#link.request(command, undefined, { timeoutMs, signal, readOnly: true })) === 'frozen'
      );
    } catch (error) {
      if (isFault(error) && error.kind === 'refused') return false;
      throw error;
    }
  }
}
