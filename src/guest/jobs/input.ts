// A job's standard input: bytes into files of the guest, and word of them into a pipe, as far as the program keeps up.
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import type { AgentCaller } from '../caller.ts';
import { GuestHandle, rawBytes, WRITE_BYTES } from './handle.ts';

/** What may lie in the guest that the program has not taken: bytes, and words of them (the pipe holds 64 KiB). */
const MOST_BYTES = 384 * 1024;
const MOST_WORDS = 1000;
const FILE_BYTES = 1024 * 1024;

export class JobInput extends Writable {
  readonly #agent: AgentCaller;
  readonly #folder: string;
  readonly #onWaiting: () => void;
  #file: GuestHandle | undefined;
  #control: GuestHandle | undefined;
  #bytes = 0;
  #words = 0;
  #room = Promise.withResolvers<void>();

  /** `onWaiting` is called whenever something waits for the guest's word. */
  constructor(agent: AgentCaller, folder: string, onWaiting: () => void) {
    super({ highWaterMark: 256 * 1024 });
    this.#agent = agent;
    this.#folder = folder;
    this.#onWaiting = onWaiting;
  }

  /** The guest says that the program has got so many more. */
  taken(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
    this.#words = Math.max(0, this.#words - 1);
    this.#room.resolve();
    this.#room = Promise.withResolvers<void>();
  }

  /** The program reads no more, or is no more: what comes is refused. */
  shut(): void {
    this.destroy();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#carry(chunk).then(() => done(), done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#carry(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#tell('eof')
      .then(() => this.#close())
      .then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#room.resolve();
    this.#close().then(
      () => done(error),
      (failure) => done(error ?? failure),
    );
  }

  async #carry(bytes: Buffer): Promise<void> {
    const most = Math.min(WRITE_BYTES, rawBytes((await this.#agent.limits()).requestBytes));
    for (let at = 0; at < bytes.length && !this.destroyed; at += most) {
      const piece = bytes.subarray(at, at + most);
      while (!this.destroyed && (this.#bytes + piece.length > MOST_BYTES || this.#words >= MOST_WORDS)) {
        const { promise } = this.#room;
        this.#onWaiting();
        await promise;
      }
      if (this.destroyed) return;
      const file = await this.#opened();
      await file.write(piece);
      await file.flush();
      this.#bytes += piece.length;
      this.#words += 1;
      await this.#tell(`data ${piece.length}`);
      this.#onWaiting();
    }
  }

  /**
   * The file to write to; a new one now and then, so that none grows, and after the agent was lost, when all that the
   * former one was given had been told already.
   */
  async #opened(): Promise<GuestHandle> {
    if (this.#file !== undefined && !this.#file.isLost && this.#file.position < FILE_BYTES) return this.#file;
    await this.#file?.close();
    const name = `in.${randomBytes(6).toString('hex')}`;
    this.#file = await GuestHandle.open(this.#agent, `${this.#folder}/${name}`, 'w');
    await this.#tell(`file ${name}`);
    return this.#file;
  }

  async #tell(words: string): Promise<void> {
    if (this.#control?.isLost !== false)
      this.#control = await GuestHandle.open(this.#agent, `${this.#folder}/ctl`, 'r+');
    await this.#control.write(Buffer.from(`${words}\n`));
    await this.#control.flush();
  }

  async #close(): Promise<void> {
    const open = [this.#file, this.#control];
    this.#file = undefined;
    this.#control = undefined;
    for (const handle of open) await handle?.close();
  }
}
