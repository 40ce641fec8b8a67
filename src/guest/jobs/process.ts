// A job's program as a process of a road: streams, end, signals. One loop looks at the guest's files; it looks often
// while something happens or is waited for, and seldom otherwise.
import { Readable, type Writable } from 'node:stream';
import { asFault, Fault, isFault } from '../../base/index.ts';
import { QapiFault } from '../../qapi/index.ts';
import { leftOpen } from '../outcome.ts';
import type { GuestProcess, ProcessEnd, SignalName, TerminalSize } from '../road.ts';
import { EventReader, type JobEvent, type OutputName } from './events.ts';
import { GuestHandle } from './handle.ts';
import type { JobHouse } from './house.ts';
import { oneWord, unexpected } from './house.ts';
import { JobInput } from './input.ts';
import { diskFull, ended as endedFault, jobLost, jobNotFound, stopped } from './job-faults.ts';
import { JobOutput } from './output.ts';
import { Pause } from './pause.ts';
import { checkSize } from './spec.ts';
import { SIGN_OF_LIFE, type Vigil } from './vigil.ts';

export interface ProcessOptions {
  readonly id: string;
  readonly pid: number;
  /** Of the boot that the job was started in. */
  readonly bootId: string;
  readonly folder: string;
  readonly hasStdin: boolean;
  readonly hasTerminal: boolean;
  /**
   * It lives and dies with this object: its output waits to be read, and disposal kills it and removes all of it, as does
   * the guest once it misses the sign of life. Left out of what only follows.
   */
  readonly own?: Vigil | undefined;
  /** Bytes of each stream to leave out. */
  readonly from?: { readonly o: number; readonly e: number };
}

/** What one look at a stream takes at most before the other one has its turn. */
const LOOK_BYTES = 1024 * 1024;

export class JobProcess implements GuestProcess {
  readonly via = 'agent';
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly ended: Promise<ProcessEnd>;
  readonly #house: JobHouse;
  readonly #options: ProcessOptions;
  readonly #input: JobInput;
  readonly #outputs: Readonly<Record<OutputName, JobOutput>>;
  readonly #readers: Readonly<Record<OutputName, Readable>>;
  readonly #wanted: Record<OutputName, boolean> = { o: false, e: false };
  readonly #events = new EventReader();
  readonly #end = Promise.withResolvers<ProcessEnd>();
  readonly #pause = new Pause();
  readonly #loop: Promise<void>;
  #eventsHandle: GuestHandle | undefined;
  #hasEnded = false;
  #isDone = false;
  #isClosed = false;
  #isTruncated = false;
  #beatAt: number;

  constructor(house: JobHouse, options: ProcessOptions) {
    this.#house = house;
    this.#options = options;
    this.pid = options.pid;
    const { agent } = house;
    const { folder, own, from } = options;
    this.#beatAt = performance.now();
    const output = (name: OutputName) =>
      new JobOutput(agent, { folder, name, isFlowing: own !== undefined, from: from?.[name] ?? 0 });
    this.#outputs = { o: output('o'), e: output('e') };
    this.#readers = { o: this.#reader('o'), e: this.#reader('e') };
    this.stdout = this.#readers.o;
    this.stderr = this.#readers.e;
    if (options.hasTerminal) this.#readers.e.push(null);
    this.#input = new JobInput(agent, folder, () => this.#pause.wake());
    this.stdin = this.#input;
    if (options.hasStdin) this.stdin.on('error', (error) => this.#fail(error));
    else this.#input.shut();
    this.ended = this.#end.promise;
    this.ended.catch(() => {}); // told by the streams too; nobody has to look at both
    this.#loop = this.#run();
  }

  /** More was written than the job was allowed to keep. Known at the streams' end. */
  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  async signal(name: SignalName): Promise<void> {
    await this.#tell(['signal', this.#options.id, signalWord(name)]);
  }

  async kill(): Promise<void> {
    const { agent } = this.#house;
    const { id } = this.#options;
    const lines = await this.#house.verb(['kill', id]);
    if (oneWord(lines) === 'missing') {
      if (this.#isDone) return; // all of it had ended, and its folder went with the last look
      throw jobNotFound(agent.peer, id);
    }
    if (!/^killed \d+$/.test(oneWord(lines))) throw unexpected(agent.peer, lines);
    this.#pause.wake();
  }

  async resize(size: TerminalSize): Promise<void> {
    checkSize(size);
    await this.#tell(['resize', this.#options.id, String(size.rows), String(size.columns)]);
  }

  /** Ends the following of the job; one that is own is killed and removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const wasOver = this.#isDone && this.#isAllTaken();
    this.#isClosed = true;
    this.#pause.wake();
    await this.#loop;
    const { id, own } = this.#options;
    if (own !== undefined && !wasOver) {
      const lines = await this.#house.verb(['remove', id]);
      if (!['removed', 'missing'].includes(oneWord(lines))) throw unexpected(this.#house.agent.peer, lines);
    }
    const fault = new Fault('cancelled', 'CANCELLED', `The job ${id} was let go before its end`, {
      outcome: own === undefined ? 'unknown' : 'not-done',
    });
    if (!this.#hasEnded) this.#end.reject(fault);
    for (const stream of [this.#readers.o, this.#readers.e, this.stdin]) stream.destroy();
  }

  #reader(name: OutputName): Readable {
    const read = () => {
      this.#wanted[name] = true;
      this.#pause.wake();
    };
    return new Readable({ read, highWaterMark: 256 * 1024 });
  }

  async #tell(words: readonly string[]): Promise<void> {
    const { agent } = this.#house;
    const { id } = this.#options;
    const lines = await this.#house.verb(words);
    switch (oneWord(lines)) {
      case 'sent':
        this.#pause.wake();
        return;
      case 'gone':
        throw endedFault(agent.peer, id);
      case 'missing':
        throw jobNotFound(agent.peer, id);
      case 'no-stty':
        throw new Fault(
          'unsupported',
          'TERMINAL_RESIZE_UNSUPPORTED',
          `${agent.peer} cannot resize a terminal`,
          {
            hint: 'Install coreutils (stty) in the guest.',
          },
        );
      default:
        throw unexpected(agent.peer, lines);
    }
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isClosed && !(this.#isDone && this.#isAllTaken())) {
        const hasNews = await this.#look();
        if (this.#isDone && this.#isAllTaken()) break;
        if (!this.#isClosed) await this.#pause.next(hasNews);
      }
      await this.#finish();
    } catch (error) {
      await this.#explain(error);
    }
  }

  #isAllTaken(): boolean {
    const { o, e } = this.#readers;
    const isOver = (reader: Readable, output: JobOutput) => reader.destroyed || output.ended !== undefined;
    return isOver(o, this.#outputs.o) && (this.#options.hasTerminal || isOver(e, this.#outputs.e));
  }

  async #look(): Promise<boolean> {
    let hasNews = false;
    this.#eventsHandle ??= await GuestHandle.open(this.#house.agent, `${this.#options.folder}/events`, 'r');
    if (!this.#isDone) {
      const bytes = await this.#eventsHandle.read();
      hasNews = bytes.length > 0;
      for (const event of this.#events.read(bytes)) this.#note(event);
    }
    for (const name of ['o', 'e'] as const) {
      if (await this.#take(name)) hasNews = true;
    }
    await this.#beat();
    return hasNews;
  }

  /** Opened anew each time: a folder that is gone is found out by it, and an agent keeps no handle of who was killed. */
  async #beat(): Promise<void> {
    const { folder, own } = this.#options;
    const now = performance.now();
    if (own === undefined || now - this.#beatAt < own.beatMs) return;
    this.#beatAt = now;
    const beat = await GuestHandle.open(this.#house.agent, `${folder}/beat`, 'r+');
    await beat.tell(SIGN_OF_LIFE);
    await beat.close();
  }

  async #take(name: OutputName): Promise<boolean> {
    const output = this.#outputs[name];
    const reader = this.#readers[name];
    if (name === 'e' && this.#options.hasTerminal) return false;
    let taken = 0;
    while (
      (this.#wanted[name] || reader.destroyed) &&
      output.ended === undefined &&
      taken < LOOK_BYTES &&
      !this.#isClosed
    ) {
      const bytes = await output.take();
      if (bytes === undefined) break;
      taken += bytes.length;
      if (!reader.destroyed) this.#wanted[name] = reader.push(bytes);
    }
    if (output.ended !== undefined && !reader.destroyed && this.#wanted[name]) {
      this.#wanted[name] = false;
      reader.push(null);
    }
    return taken > 0;
  }

  #note(event: JobEvent): void {
    switch (event.kind) {
      case 'piece':
        if (event.then === 'cut') this.#isTruncated = true;
        this.#outputs[event.output].note(event);
        return;
      case 'full':
        throw diskFull(this.#house.agent.peer, 'for the output of a program');
      case 'taken':
        this.#input.taken(event.bytes);
        return;
      case 'stdin-closed':
        this.#input.shut();
        return;
      case 'ended':
        this.#hasEnded = true;
        this.#input.shut();
        this.#end.resolve(event.end);
        return;
      case 'done':
        this.#demandEnds();
        this.#isDone = true;
        return;
      case 'pid':
        return;
      default:
        event satisfies never;
    }
  }

  /** A carrier of a stream that died would else be waited for. */
  #demandEnds(): void {
    const { o, e } = this.#outputs;
    if (this.#hasEnded && o.isEndKnown && (this.#options.hasTerminal || e.isEndKnown)) return;
    throw jobLost(this.#house.agent.peer, this.#options.id);
  }

  /** The job program waits for this word, and then removes the folder itself. */
  async #finish(): Promise<void> {
    const { folder, own } = this.#options;
    if (own !== undefined && this.#isDone && this.#isAllTaken()) {
      const farewell = await GuestHandle.open(this.#house.agent, `${folder}/fin`, 'r+');
      await farewell.tell('bye\n');
      await farewell.close();
    }
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#eventsHandle?.close();
    this.#eventsHandle = undefined;
    await this.#outputs.o.close();
    await this.#outputs.e.close();
  }

  /** Finds out why the job's files cannot be read, and tells everyone. */
  async #explain(error: unknown): Promise<void> {
    const { bootId, id } = this.#options;
    const { peer } = this.#house.agent;
    let reason = error;
    try {
      await this.#house.demandSameBoot(bootId);
      if (error instanceof QapiFault) reason = jobLost(peer, id, error);
    } catch (found) {
      if (isFault(found, 'GUEST_REBOOTED')) reason = found;
      if (isFault(found, 'INSTANCE_NOT_RUNNING')) reason = stopped(peer, found);
    }
    this.#fail(leftOpen(reason)); // it was started, and does what it does
  }

  #fail(reason: unknown): void {
    const fault = asFault(reason);
    this.#isClosed = true;
    this.#pause.wake();
    this.#end.reject(fault);
    for (const reader of [this.#readers.o, this.#readers.e]) {
      if (reader.readableEnded || reader.destroyed) continue;
      if (reader.listenerCount('error') === 0) reader.once('error', () => {}); // `ended` tells it
      reader.destroy(fault);
    }
    this.stdin.destroy();
  }
}

/** As kill(1) wants it, and nothing else: it becomes a word of a command. Throws `EXEC_SIGNAL_UNKNOWN`. */
export function signalWord(name: string): string {
  const found = /^SIG([A-Z][A-Z0-9+-]{1,10})$/.exec(name);
  if (found?.[1] !== undefined) return found[1];
  throw new Fault('invalid', 'EXEC_SIGNAL_UNKNOWN', `"${name}" is not the name of a signal`, {
    hint: 'SIGTERM, SIGINT, SIGHUP, SIGKILL, SIGUSR1 …',
  });
}
