// One open file of the guest, by the agent: reading on where it was, also after the agent or its channel was lost.
// Knows no jobs.
import { delay, Fault, isFault } from '../../base/index.ts';
import { QapiFault } from '../../qapi/index.ts';
import type { AgentCaller } from '../caller.ts';

const READ_BYTES = 256 * 1024;
export const WRITE_BYTES = 96 * 1024;
const ENVELOPE_BYTES = 512;
/** How long a lost agent is waited for by what can go on later. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

export type OpenMode = 'r' | 'r+' | 'w';

/** What fits into a message of so many bytes once it is base64. */
export function rawBytes(messageBytes: number): number {
  return Math.max(3, Math.floor((messageBytes - ENVELOPE_BYTES) / 4) * 3);
}

export class GuestHandle {
  readonly path: string;
  readonly #agent: AgentCaller;
  readonly #mode: OpenMode;
  #handle: number;
  #epoch: number;
  #position = 0;

  /** Throws QapiFault when the agent could not open it; an agent that is away is waited for. */
  static async open(agent: AgentCaller, path: string, mode: OpenMode): Promise<GuestHandle> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return new GuestHandle(agent, path, mode, await openFile(agent, path, mode));
      } catch (error) {
        if (!isAway(error) || performance.now() > until) throw error;
      }
      await delay(FIRST_PAUSE_MS);
    }
  }

  private constructor(agent: AgentCaller, path: string, mode: OpenMode, handle: number) {
    this.#agent = agent;
    this.path = path;
    this.#mode = mode;
    this.#handle = handle;
    this.#epoch = agent.epoch;
  }

  /** The agent may be another one since it was opened. */
  get isLost(): boolean {
    return this.#agent.epoch !== this.#epoch;
  }

  get position(): number {
    return this.#position;
  }

  /** What is there behind the last read, at most `most` bytes; nothing at the end of a file that may still grow. */
  async read(most = READ_BYTES): Promise<Buffer> {
    const { replyBytes } = await this.#agent.limits();
    const count = Math.min(most, READ_BYTES, rawBytes(replyBytes));
    const bytes = await this.#again(async () => {
      // The call is seen through: what a lost reply held would have to be read again.
      const options = { readOnly: true, mustFinish: true };
      const reply = await this.#agent.call('guest-file-read', { handle: this.#handle, count }, options);
      const piece = reply.member('buf-b64').base64(count);
      if (reply.member('count').integer(0, count) !== piece.length)
        reply.member('count').fail('is not the length of buf-b64');
      return piece;
    });
    this.#position += bytes.length;
    return bytes;
  }

  async seek(offset: number): Promise<void> {
    const reply = await this.#agent.call('guest-file-seek', { handle: this.#handle, offset, whence: 'set' });
    if (reply.member('position').integer(0, Number.MAX_SAFE_INTEGER) !== offset)
      reply.member('position').fail('is not where it was sought');
    this.#position = offset;
  }

  /** Where the file ends now; reading goes on there. */
  async seekEnd(): Promise<number> {
    const reply = await this.#agent.call('guest-file-seek', {
      handle: this.#handle,
      offset: 0,
      whence: 'end',
    });
    this.#position = reply.member('position').integer(0, Number.MAX_SAFE_INTEGER);
    return this.#position;
  }

  /** All of it, or a fault. The bytes are in the guest's kernel after `flush` only. */
  async write(bytes: Uint8Array): Promise<void> {
    const { requestBytes } = await this.#agent.limits();
    const most = Math.min(WRITE_BYTES, rawBytes(requestBytes));
    for (let at = 0; at < bytes.length; ) {
      const piece = Buffer.from(bytes.subarray(at, at + most));
      const args = { handle: this.#handle, 'buf-b64': piece.toString('base64') };
      const reply = await this.#onceSent(() => this.#agent.call('guest-file-write', args));
      const written = reply.member('count').integer(0, piece.length);
      if (written === 0) reply.member('count').fail('is 0');
      at += written;
      this.#position += written;
    }
  }

  /** Writes a word into a pipe of the job program, which may come to it twice when the agent is lost meanwhile. */
  async tell(word: string): Promise<void> {
    await this.#again(async () => {
      const args = { handle: this.#handle, 'buf-b64': Buffer.from(word).toString('base64') };
      await this.#agent.call('guest-file-write', args);
      await this.#agent.call('guest-file-flush', { handle: this.#handle });
    });
  }

  async flush(): Promise<void> {
    await this.#onceSent(() => this.#agent.call('guest-file-flush', { handle: this.#handle }));
  }

  /** Throws what the agent says of it; a handle of an agent that is gone is closed already. */
  async close(): Promise<void> {
    if (this.#agent.epoch !== this.#epoch) return; // the number may denote another file by now
    await this.#agent.call('guest-file-close', { handle: this.#handle });
  }

  #sameAgent(): void {
    if (!this.isLost) return;
    throw new Fault(
      'unavailable',
      'GUEST_FILE_LOST',
      `${this.path} was being written when the agent was lost`,
      {
        outcome: 'unknown',
        hint: 'What was written last may be in the guest or not. Write it again.',
      },
    );
  }

  /** What may not be done twice: again only while it certainly was not sent, as when libvirtd is away. */
  async #onceSent<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      this.#sameAgent();
      try {
        return await work();
      } catch (error) {
        const isUnsent = isAway(error) && isFault(error) && error.outcome === 'not-done';
        if (!isUnsent || performance.now() > until) throw error;
      }
      await delay(pauseMs);
    }
  }

  /** A read, again after the agent went away and came back; opened anew, where the last read ended. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    let hasReopened = false;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        if (this.#agent.epoch !== this.#epoch) {
          hasReopened = true;
          await this.#reopen();
        }
        return await work();
      } catch (error) {
        if (error instanceof QapiFault) {
          if (hasReopened) throw error;
          this.#epoch = -1; // an agent that was restarted does not know the handle
          continue;
        }
        if (!isAway(error) || performance.now() > until) throw error;
        hasReopened = false;
        this.#epoch = -1;
      }
      await delay(pauseMs);
    }
  }

  async #reopen(): Promise<void> {
    this.#handle = await openFile(this.#agent, this.path, this.#mode);
    this.#epoch = this.#agent.epoch;
    if (this.#position > 0) await this.seek(this.#position);
  }
}

function isAway(error: unknown): boolean {
  return isFault(error) && (error.kind === 'unavailable' || error.kind === 'timeout');
}

async function openFile(agent: AgentCaller, path: string, mode: OpenMode): Promise<number> {
  // Seen through: a handle that nobody read stays open in the agent for ever.
  const reply = await agent.call(
    'guest-file-open',
    { path, mode },
    { mustFinish: true, readOnly: mode === 'r' },
  );
  return reply.integer(0, Number.MAX_SAFE_INTEGER);
}
