// This very host in the place of a guest: real processes, terminals by python's pty, OpenSSH's sftp-server, node:net.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer, connect as netConnect } from 'node:net';
import { type Duplex, Readable, Writable } from 'node:stream';
import { Fault } from '../../src/base/index.ts';
import type { GuestProcess, ProcessEnd, SignalName, SpawnRequest } from '../../src/guest/index.ts';
import type {
  Admission,
  GuestAddress,
  GuestCaller,
  GuestListener,
  GuestReach,
  Login,
  Rights,
  SshReach,
} from '../../src/ssh-gateway/index.ts';

/** Runs argv on a terminal of its own; descriptor 3 takes lines `ROWS COLUMNS`. Exits as the program did. */
const PTY = `
import fcntl, os, select, signal, struct, sys, termios
def size(fd, rows, cols): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))
rows, cols, argv = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
master, slave = os.openpty()
size(slave, rows, cols)
pid = os.fork()
if pid == 0:
    os.setsid(); fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2): os.dup2(slave, fd)
    os.closerange(3, 64)
    os.execvp(argv[0], argv)
os.close(slave)
inputs = [0, 3, master]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if master in ready:
        try: data = os.read(master, 65536)
        except OSError: data = b''
        if not data: break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if data: os.write(master, data)
        else: inputs.remove(0)
    if 3 in ready:
        line = os.read(3, 4096)
        if line: size(master, *map(int, line.split(b'\\n')[-2].split()))
        else: inputs.remove(3)
_, status = os.waitpid(pid, 0)
if os.WIFSIGNALED(status):
    signal.signal(os.WTERMSIG(status), signal.SIG_DFL); os.kill(os.getpid(), os.WTERMSIG(status))
os._exit(os.WEXITSTATUS(status))
`;

interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly shell: string;
}

function account(name: string): Account {
  const fields = execFileSync('getent', ['passwd', name], { encoding: 'utf8' }).trim().split(':');
  const [, , uid, gid, , , shell = '/bin/sh'] = fields;
  return { uid: Number(uid), gid: Number(gid), shell };
}

class HostProcess implements GuestProcess {
  readonly via = 'lane';
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #sizes: Writable | undefined;

  constructor(child: ChildProcess, hasTerminal: boolean) {
    const { stdin, stdout, stderr, pid } = child;
    if (stdin === null || stdout === null || stderr === null || pid === undefined)
      throw new Error('no pipes');
    this.#child = child;
    this.pid = pid;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = hasTerminal ? Readable.from([]) : stderr;
    const sizes = child.stdio[3];
    this.#sizes = sizes instanceof Writable ? sizes : undefined;
    this.#sizes?.on('error', () => undefined);
    const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
    this.ended = promise;
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  }

  async signal(name: SignalName): Promise<void> {
    process.kill(-this.pid, name as NodeJS.Signals);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    execFileSync('sh', [
      '-c',
      `kill -9 -${this.pid}; pkill -9 -s ${this.pid}; pkill -9 -P ${this.pid}; true`,
    ]);
    await this.ended;
  }

  async resize({ rows, columns }: { readonly rows: number; readonly columns: number }): Promise<void> {
    this.#sizes?.write(`${rows} ${columns}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

class HostGuest implements GuestReach {
  readonly pids: Set<number>;
  readonly #home: string;

  constructor(pids: Set<number>, home: string) {
    this.pids = pids;
    this.#home = home;
  }

  async spawn({ argv, env, terminal, user = 'root' }: SpawnRequest): Promise<GuestProcess> {
    const { uid, gid, shell } = account(user);
    const full =
      terminal === undefined
        ? argv
        : ['/usr/bin/python3', '-c', PTY, String(terminal.rows), String(terminal.columns), ...argv];
    const [file = '', ...args] = full;
    const plain = Object.fromEntries(Object.entries(env ?? {}).map(([key, value]) => [key, String(value)]));
    const term = terminal === undefined ? {} : { TERM: terminal.term };
    const own = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: this.#home,
      USER: user,
      LOGNAME: user,
      SHELL: shell,
    };
    const child = spawn(file, args, {
      detached: true,
      cwd: '/',
      env: { ...own, ...term, ...plain },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      ...(uid === process.getuid?.() ? {} : { uid, gid }),
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    const started = new HostProcess(child, terminal !== undefined);
    this.pids.add(started.pid);
    return started;
  }

  async sftp(user: string, readOnly: boolean): Promise<GuestProcess> {
    return await this.spawn({ argv: ['/usr/lib/openssh/sftp-server', ...(readOnly ? ['-R'] : [])], user });
  }

  async connect(address: GuestAddress): Promise<Duplex> {
    const socket = netConnect({ ...address, allowHalfOpen: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (cause) =>
        reject(new Fault('unavailable', 'SOCKET_REFUSED', 'refused', { cause })),
      );
    });
    return socket;
  }

  async listen(address: GuestAddress, onConnection: (caller: GuestCaller) => void): Promise<GuestListener> {
    const server = createServer({ allowHalfOpen: true }, (stream) =>
      onConnection({ stream, host: stream.remoteAddress ?? '127.0.0.1', port: stream.remotePort ?? 0 }),
    );
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, () => resolve(undefined));
    });
    const at = server.address();
    return {
      port: at === null || typeof at === 'string' ? 0 : at.port,
      [Symbol.asyncDispose]: async () => void server.close(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export const ALL_RIGHTS: Rights = { exec: true, filesRead: true, filesWrite: true, forward: true };

/** Guests `guest-0` … `guest-3` are all this host; what each subject may do is in `rights`. */
export class HostReach implements SshReach {
  readonly rights: ReadonlyMap<string, Rights>;
  /** Of every program that was started. */
  readonly pids = new Set<number>();

  readonly #home: string;

  /** `home` is that of every user: what this host's own have in theirs is none of the tests' business. */
  constructor(rights: ReadonlyMap<string, Partial<Rights>>, home: string) {
    this.#home = home;
    this.rights = new Map(
      [...rights].map(([name, some]) => [
        name,
        { exec: false, filesRead: false, filesWrite: false, forward: false, ...some },
      ]),
    );
  }

  async authorize(subject: string, { instance, guestUser }: Login): Promise<Admission> {
    const may = this.rights.get(subject);
    if (may === undefined || !/^guest-[0-3]$/.test(instance))
      throw new Fault('not-found', 'INSTANCE_NOT_FOUND', `There is no instance "${instance}"`);
    return { instance: { id: instance, name: instance }, guestUser: guestUser ?? 'root', may };
  }

  async open(): Promise<GuestReach> {
    return new HostGuest(this.pids, this.#home);
  }
}
