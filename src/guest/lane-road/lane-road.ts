// The road over a lane: programs, files and connections in the guest by our server there.
import { asFault, Fault } from '../../base/index.ts';
import type {
  LaneAddress,
  LaneConnection,
  LaneFacts,
  LaneListener,
  LaneSession,
  LaneSpawn,
  OnConnection,
} from '../../lane/index.ts';
import { checkExec } from '../exec-request.ts';
import type {
  Digest,
  GuestProcess,
  GuestSink,
  GuestSource,
  ReadRequest,
  Road,
  SpawnRequest,
  WriteRequest,
} from '../road.ts';
import { type Account, Accounts } from './accounts.ts';
import { environmentOf, languageOf } from './environment.ts';
import { LaneGuestProcess } from './lane-process.ts';
import { connectFault, fileFault, listenFault, spawnFault } from './refusals.ts';

/**
 * A Road on an open session, which stays the caller's to close. A program without `cwd` runs in `/`; with a terminal in
 * its user's home, or in `/` where that cannot be entered, as a login does.
 */
export class LaneRoad implements Road {
  readonly via = 'lane';
  readonly #session: LaneSession;
  readonly #accounts: Accounts;
  #language: Promise<string | undefined> | undefined;

  constructor(session: LaneSession) {
    this.#session = session;
    this.#accounts = new Accounts(session);
  }

  /** What the server says of itself and its guest; `bootId` changes with every boot. */
  get facts(): LaneFacts {
    return this.#session.facts;
  }

  /** Whether the session is; a guest that rebooted has ended it. */
  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  async spawn(request: SpawnRequest): Promise<GuestProcess> {
    const { argv, env, cwd, user = 'root', terminal, signal } = request;
    checkExec(argv, { env, cwd, user });
    const [account, lang] = await Promise.all([this.#accounts.find(user, signal), this.#lang()]);
    const order = {
      run: { argv },
      env: environmentOf(account, lang, request),
      user: account,
      terminal,
      stdin: request.stdin ?? false,
    };
    const home = terminal === undefined ? '/' : account.home;
    const about = { command: argv[0] ?? '', user, signal };
    try {
      return await this.#start({ ...order, cwd: cwd ?? home }, about);
    } catch (error) {
      const isHomeless =
        cwd === undefined && home !== '/' && error instanceof Fault && error.code === 'EXEC_CWD_MISSING';
      if (!isHomeless) throw error;
      return await this.#start({ ...order, cwd: '/' }, about);
    }
  }

  /** The server's own SFTP server, as the user: SFTP version 3 on the standard streams. */
  async openSftp(
    user: string,
    access: 'read-only' | 'read-write',
    signal?: AbortSignal,
  ): Promise<GuestProcess> {
    checkExec(['sftp'], { user });
    const account = await this.#accounts.find(user, signal);
    const order = {
      run: { builtin: access === 'read-only' ? 'sftp-ro' : 'sftp' },
      env: environmentOf(account, undefined, {}),
      cwd: '/',
      user: account,
      stdin: true,
    } as const;
    return await this.#start(order, { command: 'sftp', user, signal });
  }

  /** As `user`, root where none is named. Throws `GUEST_CONNECT_FAILED`, `EXEC_USER_UNKNOWN`. */
  async connect(address: LaneAddress, options: ForwardOptions = {}): Promise<LaneConnection> {
    const user = await this.#forwarder(options);
    try {
      return await this.#session.connect({ ...address, user }, options.signal);
    } catch (error) {
      throw connectFault(error, textOf(address));
    }
  }

  /** As `connect`; throws `GUEST_LISTEN_FAILED`. Each connection is the callback's to end. */
  async listen(
    address: LaneAddress,
    onConnection: OnConnection,
    options: ForwardOptions = {},
  ): Promise<LaneListener> {
    const user = await this.#forwarder(options);
    try {
      return await this.#session.listen({ ...address, user }, onConnection, options.signal);
    } catch (error) {
      throw listenFault(error, textOf(address));
    }
  }

  async openRead(path: string, request: ReadRequest = {}): Promise<GuestSource> {
    const { offset = 0, withDigest = false, signal } = request;
    const order = { ...(await this.#fileOrder(path, request)), offset, withDigest };
    const file = await this.#opening(path, () => this.#session.read(order, signal));
    const digest = file.digest.then(digestOf);
    digest.catch(() => {}); // whoever waits for it hears of it
    return {
      via: 'lane',
      size: file.size,
      stream: file.stream,
      digest,
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  }

  async openWrite(path: string, request: WriteRequest): Promise<GuestSink> {
    const { mode, how, offset = 0, withDigest = false, signal } = request;
    const order = { ...(await this.#fileOrder(path, request)), mode, how, offset, withDigest };
    const file = await this.#opening(path, () => this.#session.write(order, signal));
    const finished = file.finished.then(({ bytes, digest }) => ({
      bytes,
      digest: digest === undefined ? undefined : digestOf(digest),
    }));
    finished.catch(() => {}); // whoever waits for it hears of it
    return {
      via: 'lane',
      stream: file.stream,
      finished,
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  }

  async #start(order: LaneSpawn, about: Starting): Promise<GuestProcess> {
    try {
      return new LaneGuestProcess(await this.#session.spawn(order, about.signal));
    } catch (error) {
      const { command, user } = about;
      throw spawnFault(error, { command, user, cwd: order.cwd, peer: this.#session.peer });
    }
  }

  /** The server is root, and need not become it. */
  async #forwarder({ user = 'root', signal }: ForwardOptions): Promise<Account | undefined> {
    checkExec(['forward'], { user });
    return user === 'root' ? undefined : await this.#accounts.find(user, signal);
  }

  async #fileOrder(
    path: string,
    request: Pick<ReadRequest, 'offset' | 'user' | 'signal'>,
  ): Promise<{ path: string; user: Account; explain: (fault: Fault) => Fault }> {
    checkPath(path);
    const { offset = 0, user = 'root', signal } = request;
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new Fault('invalid', 'GUEST_OFFSET_INVALID', `${offset} is no place in a file`, {
        hint: 'Correct the call; nothing was sent to the guest.',
      });
    checkExec(['file'], { user });
    const explain = (fault: Fault) => fileFault(fault, path);
    return { path, user: await this.#accounts.find(user, signal), explain };
  }

  async #opening<T>(path: string, open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (error) {
      throw fileFault(asFault(error), path);
    }
  }

  /** Read once; asked again after a failure only. */
  #lang(): Promise<string | undefined> {
    if (this.#language === undefined) {
      const asked = languageOf(this.#session);
      asked.catch(() => {
        this.#language = undefined;
      });
      this.#language = asked;
    }
    return this.#language;
  }
}

/** How an address inside the guest is reached. */
interface ForwardOptions {
  readonly user?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Starting {
  readonly command: string;
  readonly user: string;
  readonly signal: AbortSignal | undefined;
}

const MAX_PATH_BYTES = 4095;

function checkPath(path: string): void {
  if (path.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) <= MAX_PATH_BYTES) return;
  throw new Fault(
    'invalid',
    'GUEST_PATH_INVALID',
    'The path in the guest is not absolute, longer than 4095 bytes, or holds a NUL character',
    { hint: 'Give a path, such as /etc/hostname.' },
  );
}

function digestOf(hex: string): Digest {
  return { algorithm: 'blake2b512', hex };
}

function textOf(address: LaneAddress): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}
