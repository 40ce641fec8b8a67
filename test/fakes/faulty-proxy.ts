// A unix socket between a client and a real qemu-ga, on which everything that can happen to messages happens, chosen by
// a seed. Knows lines and connections; of what a reply means only enough to lie about it.
import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoCode } from '../../src/base/index.ts';
import { type Dice, lieAbout } from './lies.ts';

export type Mishap =
  | 'pass'
  | 'drop'
  | 'delay'
  | 'split'
  | 'hold'
  | 'twice'
  | 'stale'
  | 'lie'
  | 'hang up before'
  | 'hang up within'
  | 'hang up after'
  | 'silence';

const OF_REQUESTS: readonly Mishap[] = [
  'drop',
  'delay',
  'split',
  'hang up before',
  'hang up within',
  'hang up after',
  'silence',
];
const OF_REPLIES: readonly Mishap[] = [...OF_REQUESTS, 'hold', 'twice', 'stale', 'lie', 'lie', 'lie'];

const NEWLINE = 0x0a;
/** Replies of earlier connections that are kept to be sent again. */
const OLDER = 20;

export interface FaultyProxyOptions {
  readonly listen: string;
  readonly upstream: string;
}

export class FaultyProxy implements AsyncDisposable {
  readonly path: string;
  /** How often each mishap took place. */
  readonly counts = new Map<string, number>();
  readonly #upstream: string;
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  readonly #older: Buffer[] = [];
  #dice: Dice | undefined;
  #rate = 0;
  #upstreamTurn: Promise<void> = Promise.resolve();
  #seen = '';
  #hasHungUp = false;

  static async listen({ listen, upstream }: FaultyProxyOptions): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(listen, upstream);
    await rm(listen, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    proxy.#server.once('error', reject);
    proxy.#server.listen(listen, resolve);
    await promise;
    await chmod(listen, 0o666);
    return proxy;
  }

  private constructor(path: string, upstream: string) {
    this.path = path;
    this.#upstream = upstream;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** From now on something happens to one message in so many. */
  rage(dice: Dice, rate: number): void {
    this.#dice = dice;
    this.#rate = rate;
    this.#seen = '';
    this.#hasHungUp = false;
  }

  /** Nothing happens to a message any more; what is on its way still arrives, and who was silenced is hung up on. */
  calm(): void {
    this.#dice = undefined;
    for (const wire of this.#wires) if (wire.isSilent) wire.hangUp();
  }

  /** Whether a request of this storm had the word in it; undefined where a connection was cut, and nobody can know. */
  hasSeen(word: string): boolean | undefined {
    if (this.#seen.includes(word)) return true;
    return this.#hasHungUp ? undefined : false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const wire of this.#wires) wire.hangUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #accept(client: Socket): void {
    client.on('error', () => client.destroy()); // it went away before its turn came
    this.#upstreamTurn = this.#upstreamTurn.then(async () => {
      const agent = await this.#connected(client);
      if (agent === undefined) client.destroy();
      else this.#join(client, agent);
    });
  }

  /** The agent serves one client and keeps one more waiting; a third has to try again. */
  async #connected(client: Socket): Promise<Socket | undefined> {
    while (!client.destroyed) {
      const { promise, resolve } = Promise.withResolvers<Error | undefined>();
      const agent = connect({ path: this.#upstream, allowHalfOpen: true });
      agent.once('connect', () => resolve(undefined));
      agent.once('error', resolve);
      const error = await promise;
      if (error === undefined) return agent;
      if (errnoCode(error) !== 'EAGAIN') return undefined;
      await pause(1);
    }
    return undefined;
  }

  #join(client: Socket, agent: Socket): void {
    const wire: Wire = new Wire(client, agent, {
      choose: (from) => this.#choose(from),
      dice: () => this.#dice,
      older: () => this.#older,
      remember: (line) => {
        this.#older.push(line);
        if (this.#older.length > OLDER) this.#older.shift();
      },
      saw: (bytes) => {
        if (this.#dice !== undefined) this.#seen += bytes.toString('latin1');
      },
      ended: (byUs) => {
        if (byUs) this.#hasHungUp = true;
        this.#wires.delete(wire);
      },
    });
    this.#wires.add(wire);
    if (client.destroyed || client.readableEnded) wire.hangUp(); // while its turn came
  }

  #choose(mishaps: readonly Mishap[]): Mishap {
    const dice = this.#dice;
    if (dice === undefined || dice.fraction() >= this.#rate) return 'pass';
    const mishap = dice.one(mishaps);
    this.counts.set(mishap, (this.counts.get(mishap) ?? 0) + 1);
    return mishap;
  }
}

interface WireOwner {
  choose(from: readonly Mishap[]): Mishap;
  dice(): Dice | undefined;
  older(): readonly Buffer[];
  remember(line: Buffer): void;
  saw(bytes: Buffer): void;
  ended(byUs: boolean): void;
}

/** One client's connection and the one to the agent that stands for it. */
class Wire {
  isSilent = false;
  readonly #client: Socket;
  readonly #agent: Socket;
  readonly #owner: WireOwner;
  #held: Buffer[] = [];
  #hasEnded = false;

  constructor(client: Socket, agent: Socket, owner: WireOwner) {
    this.#client = client;
    this.#agent = agent;
    this.#owner = owner;
    client.on('data', (chunk: Buffer) => owner.saw(chunk));
    const requests = new Flow(client, (line) => this.#request(line));
    const replies = new Flow(agent, (line) => this.#reply(line));
    for (const [end, flow] of [
      [client, requests],
      [agent, replies],
    ] as const) {
      end.on('error', () => this.#end(false)); // the other side went away; 'close' would follow
      end.on('close', () => this.#end(false));
      end.on('end', () => void flow.idle().then(() => this.#end(false)));
    }
  }

  hangUp(): void {
    this.#end(true);
  }

  #end(byUs: boolean): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#client.destroy();
    // Not destroyed: qemu-ga exits where a client leaves replies unread. It closes when it has seen the end.
    this.#agent.end();
    this.#agent.once('end', () => this.#agent.destroy());
    this.#owner.ended(byUs);
  }

  async #request(line: Buffer): Promise<void> {
    if (this.isSilent) return;
    await this.#happen(this.#owner.choose(OF_REQUESTS), line, this.#agent);
  }

  async #reply(line: Buffer): Promise<void> {
    if (this.isSilent) return;
    const older = [...this.#owner.older()];
    this.#owner.remember(line);
    const held = this.#held;
    this.#held = [];
    const mishap = this.#owner.choose(OF_REPLIES);
    switch (mishap) {
      case 'hold': // comes glued to the next one
        this.#held = [...held, line];
        return;
      case 'twice':
        return this.#send(this.#client, Buffer.concat([...held, line, line]));
      case 'stale':
        return this.#send(this.#client, Buffer.concat([...held, ...older, line, ...older]));
      case 'lie':
        return await this.#lie(Buffer.concat(held), line);
      default:
        return await this.#happen(mishap, Buffer.concat([...held, line]), this.#client);
    }
  }

  async #lie(before: Buffer, line: Buffer): Promise<void> {
    const dice = this.#owner.dice();
    if (dice === undefined) return this.#send(this.#client, line);
    const { name, pieces } = lieAbout(line, dice);
    this.#send(this.#client, before);
    for (const piece of pieces()) {
      if (this.#hasEnded || this.#owner.dice() !== dice) return;
      if (this.#client.write(piece)) continue;
      await drained(this.#client, name);
    }
  }

  async #happen(mishap: Mishap, line: Buffer, to: Socket): Promise<void> {
    const dice = this.#owner.dice();
    switch (mishap) {
      case 'drop':
        return;
      case 'delay':
        await pause(1 + (dice?.below(60) ?? 0));
        return this.#send(to, line);
      case 'split':
        for (let at = 0; at < line.length; at += 1) this.#send(to, line.subarray(at, at + 1));
        return;
      case 'hang up before':
        return this.hangUp();
      case 'hang up within':
        return this.#endAfter(to, line.subarray(0, dice?.below(line.length) ?? 0));
      case 'hang up after':
        return this.#endAfter(to, line);
      case 'silence':
        this.isSilent = true;
        return;
      default:
        return this.#send(to, line);
    }
  }

  #endAfter(to: Socket, bytes: Buffer): void {
    if (this.#hasEnded) return;
    to.write(bytes, () => this.hangUp());
  }

  #send(to: Socket, bytes: Buffer): void {
    if (!this.#hasEnded && bytes.length > 0) to.write(bytes);
  }
}

/** The lines of one direction, one after the other; a delayed one delays those behind it. */
class Flow {
  #rest: Buffer[] = [];
  #working: Promise<void> = Promise.resolve();

  constructor(from: Socket, take: (line: Buffer) => Promise<void>) {
    from.on('data', (chunk: Buffer) => {
      let at = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, at)) {
        const line = Buffer.concat([...this.#rest, chunk.subarray(at, end + 1)]);
        this.#rest = [];
        at = end + 1;
        this.#working = this.#working.then(() => take(line));
      }
      if (at < chunk.length) this.#rest.push(chunk.subarray(at));
    });
  }

  async idle(): Promise<void> {
    await this.#working;
  }
}

async function drained(socket: Socket, what: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('drain', resolve);
  socket.once('close', resolve);
  const tooLong = setTimeout(() => socket.destroy(new Error(`nobody reads ${what}`)), 20_000);
  await promise;
  clearTimeout(tooLong);
  socket.off('drain', resolve);
  socket.off('close', resolve);
}
