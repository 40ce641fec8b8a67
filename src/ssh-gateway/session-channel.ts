// One `session` channel: what a client sets before (variables, a terminal), the one thing it then starts (a command, a
// shell, sftp), and what it says while that runs. Rules: RFC 4254, 6.
import { once } from 'node:events';
import type { ServerChannel, Session } from 'ssh2';
import { asFault, Fault } from '../base/index.ts';
import { ChannelWriter } from './channel-writer.ts';
import { type ActBeginning, type ActEnding, type Client, failedWith } from './client.ts';
import { Environment, programOf, spawnRequest, type TerminalWish } from './command.ts';
import { exitStatusOf, faultText } from './fault-text.ts';
import type { GuestProcess, Rights, SignalName } from './reach.ts';
import { runProcess, tellEnd } from './run-process.ts';
import type { LateRequest } from './ssh2-inside.ts';

const TERM = /^[A-Za-z0-9_.+-]{1,64}$/;
const LONGEST_COMMAND = 256 * 1024;
const SIGNAL = /^[A-Z][A-Z0-9]{1,15}$/;
const MOST_CELLS = 65_535;

type Start = (signal: AbortSignal) => Promise<GuestProcess>;

export class SessionChannel {
  readonly #session: Session;
  readonly #client: Client;
  readonly #environment: Environment;
  readonly #closed = new AbortController();
  /** Fires when the client wants no more of standard output. */
  readonly #unwanted = new AbortController();
  #terminal: TerminalWish | undefined;
  #process: GuestProcess | undefined;
  #hasEnded = false;

  /** `giveBack` is called when the channel is closed. */
  constructor(session: Session, client: Client, giveBack: () => void) {
    this.#session = session;
    this.#client = client;
    this.#environment = new Environment(client.options.acceptEnv);
    const close = () => this.#closed.abort();
    client.gone.addEventListener('abort', close, { once: true });
    this.#closed.signal.addEventListener('abort', () => {
      client.gone.removeEventListener('abort', close);
      giveBack();
    });
    session.on('close', close);
  }

  listen(): void {
    const session = this.#session;
    this.#listenBefore(session);
    this.#listenStart(session);
    session.on('window-change', (_accept, _reject, size) => this.#resize(size));
    session.on('signal', (_accept, _reject, { name }) => this.#signal(name));
  }

  /** What ssh2 does not tell its session. */
  hear(request: LateRequest): void {
    if (request.kind === 'end-of-write') this.#unwanted.abort();
    else if (request.kind === 'signal') this.#signal(request.name);
    else this.#resize(request);
  }

  #listenBefore(session: Session): void {
    session.on('env', (accept, reject, { key, val }) => {
      if (this.#environment.set(key, val)) accept?.();
      else reject?.();
    });
    session.on('pty', (accept, _reject, { term, rows, cols }) => {
      // the type of the terminal is in the request, though not in ssh2's types of old
      this.#terminal = {
        term: typeof term === 'string' && TERM.test(term) ? term : 'xterm',
        rows: cells(rows, 24),
        columns: cells(cols, 80),
      };
      accept?.();
    });
    session.on('x11', (_accept, reject) => reject?.());
    session.on('auth-agent', (_accept, reject) => reject?.());
  }

  #listenStart(session: Session): void {
    session.on('exec', (accept, reject, { command }) => {
      if (command.length > LONGEST_COMMAND || command.includes('\0')) return reject?.();
      const act: ActBeginning = {
        what: 'exec',
        privilege: 'exec',
        target: programOf(command),
        arguments: [command],
      };
      this.#begin(accept(), act, this.#spawn(command));
    });
    session.on('shell', (accept) => {
      this.#begin(accept(), { what: 'shell', privilege: 'exec', target: null }, this.#spawn(undefined));
    });
    session.on('subsystem', (accept, reject, { name }) => {
      if (name !== 'sftp') return reject?.();
      const { may, guestUser } = this.#client.options.admission;
      const privilege = may.filesWrite ? 'files-write' : 'files-read';
      this.#terminal = undefined;
      this.#begin(accept(), { what: 'sftp', privilege, target: null }, async () => {
        demand(may, 'filesRead', 'files-read');
        return await (await this.#client.guest()).sftp(guestUser, !may.filesWrite);
      });
    });
  }

  #spawn(command: string | undefined): Start {
    const { may, guestUser: user } = this.#client.options.admission;
    return async (signal) => {
      demand(may, 'exec', 'exec');
      const wish = { command, user, env: this.#environment.values, terminal: this.#terminal };
      const guest = await this.#client.guest();
      return await guest.spawn({ ...spawnRequest(wish), signal });
    };
  }

  /** ssh2 gives no channel for a second start; a client that tries it is not answered. */
  #begin(channel: ServerChannel | undefined, act: ActBeginning, start: Start): void {
    if (channel === undefined) return;
    channel.on('error', (error: unknown) => this.#trouble(error, 'the channel'));
    channel.stderr.on('error', (error: unknown) => this.#trouble(error, 'the channel'));
    this.#run(channel, act, start).catch((error: unknown) => this.#trouble(error, act.what));
  }

  async #run(channel: ServerChannel, act: ActBeginning, start: Start): Promise<void> {
    using _watched = this.#client.watch(channel);
    const ended = this.#client.begin(act);
    const writer = new ChannelWriter(channel, this.#client, this.#closed.signal);
    using _heard = this.#client.hear(async (line) => {
      await writer.write('stderr', Buffer.from(line));
      await this.#shown(channel);
    });
    let bytesIn = 0;
    const onInput = (count: number) => {
      bytesIn += count;
      this.#client.touch();
    };
    let ending: Omit<ActEnding, 'bytesIn' | 'bytesOut' | 'via'>;
    try {
      ending = await this.#runIn(channel, { writer, onInput, start });
    } catch (error) {
      const fault = asFault(error);
      await writer.write('stderr', Buffer.from(faultText(fault)));
      const exitCode = exitStatusOf(fault);
      tellEnd(channel, { exitCode, signal: null });
      ending = { ...failedWith(fault), exitCode, signal: null };
    }
    const via = this.#process?.via ?? null;
    ended({ ...ending, bytesIn, bytesOut: writer.bytes, via });
  }

  /**
   * Resolves when the client has written out all that it was sent: only then does it close its end of a channel that we
   * have closed. Told that the connection ends, OpenSSH's client drops what it has not written out.
   */
  async #shown(channel: ServerChannel): Promise<void> {
    const { signal } = this.#closed;
    if (signal.aborted) return;
    const closed = once(signal, 'abort');
    channel.close();
    await closed;
  }

  async #runIn(
    channel: ServerChannel,
    { writer, onInput, start }: { writer: ChannelWriter; onInput: (count: number) => void; start: Start },
  ): Promise<Omit<ActEnding, 'bytesIn' | 'bytesOut' | 'via'>> {
    const asked = this.#terminal;
    const closed = this.#closed.signal;
    const process = await start(closed);
    this.#process = process;
    if (this.#terminal !== asked && this.#terminal !== undefined) this.#resizeNow(this.#terminal);
    const { end, wasKilled } = await runProcess({
      process,
      channel,
      writer,
      hasTerminal: asked !== undefined,
      closed,
      unwanted: this.#unwanted.signal,
      onInput,
      onTrouble: (error, what) => this.#trouble(error, what),
    });
    this.#hasEnded = true;
    if (!wasKilled) tellEnd(channel, end);
    return {
      outcome: wasKilled ? 'cancelled' : 'ok',
      code: null,
      exitCode: end.exitCode,
      signal: end.signal,
    };
  }

  #resize({ rows, cols }: { readonly rows: number; readonly cols: number }): void {
    if (this.#terminal === undefined) return;
    const { term, rows: oldRows, columns } = this.#terminal;
    this.#terminal = { term, rows: cells(rows, oldRows), columns: cells(cols, columns) };
    this.#resizeNow(this.#terminal);
  }

  #resizeNow(size: TerminalWish): void {
    if (this.#hasEnded) return;
    this.#process?.resize(size).catch((error: unknown) => this.#trouble(error, 'the size of the terminal'));
  }

  #signal(name: string): void {
    if (!SIGNAL.test(name) || this.#hasEnded) return;
    const whole: SignalName = `SIG${name}`;
    this.#process?.signal(whole).catch((error: unknown) => this.#trouble(error, `the signal ${whole}`));
  }

  #trouble(error: unknown, what: string): void {
    const { log, subject, origin } = this.#client.options;
    log.warn({ subject, origin, err: asFault(error) }, `ssh gateway: trouble with ${what}`);
  }
}

/** Throws `PRIVILEGE_MISSING` where the login does not give the right. */
export function demand(may: Rights, right: keyof Rights, privilege: string): void {
  if (may[right]) return;
  throw new Fault('denied', 'PRIVILEGE_MISSING', `This login does not include ${privilege}`, {
    hint: `Whoever runs the gateway can grant ${privilege} under subjects in its configuration file.`,
  });
}

function cells(given: number, fallback: number): number {
  return Number.isInteger(given) && given > 0 && given <= MOST_CELLS ? given : fallback;
}
