// One output stream of a job, piece by piece, from the guest's files.
import { QapiFault } from '../../qapi/index.ts';
import type { AgentCaller } from '../caller.ts';
import type { JobEvent, OutputName } from './events.ts';
import { GuestHandle } from './handle.ts';

type PieceEvent = Extract<JobEvent, { readonly kind: 'piece' }>;

/** The order of every look: the job's events first, then this; what they call complete is then there. */
export class JobOutput {
  readonly name: OutputName;
  readonly #agent: AgentCaller;
  readonly #folder: string;
  readonly #isFlowing: boolean;
  readonly #complete = new Map<number, PieceEvent>();
  #handle: GuestHandle | undefined;
  #acknowledger: GuestHandle | undefined;
  #piece = 0;
  #skip: number;
  #isEndKnown = false;
  #ended: 'end' | 'cut' | undefined;

  /** `isFlowing`: the guest waits for what was read, and removes it. `from`: bytes of the stream to leave out. */
  constructor(
    agent: AgentCaller,
    about: {
      readonly folder: string;
      readonly name: OutputName;
      readonly isFlowing: boolean;
      readonly from?: number;
    },
  ) {
    this.#agent = agent;
    this.#folder = about.folder;
    this.name = about.name;
    this.#isFlowing = about.isFlowing;
    this.#skip = about.from ?? 0;
  }

  /** `cut`: there was more than the job was allowed to keep. */
  get ended(): 'end' | 'cut' | undefined {
    return this.#ended;
  }

  /** Whether the last piece is known, taken or not. */
  get isEndKnown(): boolean {
    return this.#isEndKnown;
  }

  note(event: PieceEvent): void {
    if (event.then !== 'more') this.#isEndKnown = true;
    if (event.piece >= this.#piece) this.#complete.set(event.piece, event);
  }

  /** What is there now; nothing when there is nothing yet, or `ended` tells that no more comes. */
  async take(): Promise<Buffer | undefined> {
    while (this.#ended === undefined) {
      const known = this.#complete.get(this.#piece);
      if (known !== undefined && this.#handle === undefined && this.#skip >= known.bytes) {
        this.#skip -= known.bytes; // a piece before the place to begin at
        await this.#next(known);
        continue;
      }
      this.#handle ??= await this.#open();
      if (known !== undefined && this.#handle.position >= known.bytes) {
        await this.#next(known);
        continue;
      }
      const bytes = await this.#handle.read();
      if (bytes.length > 0) return bytes;
      if (known !== undefined && this.#handle.position < known.bytes)
        throw new QapiFault(this.#agent.peer, 'guest-file-read', {
          class: 'Short',
          desc: `${this.#handle.path} ended early`,
        });
      if (known === undefined) return undefined;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    await this.#acknowledger?.close();
    this.#handle = undefined;
    this.#acknowledger = undefined;
  }

  async #open(): Promise<GuestHandle> {
    const handle = await GuestHandle.open(this.#agent, `${this.#folder}/${this.name}.${this.#piece}`, 'r');
    if (this.#skip > 0) await handle.seek(this.#skip);
    this.#skip = 0;
    return handle;
  }

  async #next(known: PieceEvent): Promise<void> {
    this.#complete.delete(this.#piece);
    await this.#handle?.close();
    this.#handle = undefined;
    if (known.then !== 'more') {
      this.#ended = known.then;
      return;
    }
    this.#piece += 1;
    if (!this.#isFlowing) return;
    this.#acknowledger ??= await GuestHandle.open(this.#agent, `${this.#folder}/ack.${this.name}`, 'r+');
    await this.#acknowledger.tell(`${known.piece}\n`);
  }
}
