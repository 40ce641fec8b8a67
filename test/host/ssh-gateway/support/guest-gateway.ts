// `novalet serve --ssh` as a process of its own over a world's guests, with keys and an ssh_config for stock clients.
// An alias of the configuration is SUBJECT.INSTANCE, as which an inventory of Ansible can name it too.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE, SLOW_AGENT, World } from '../../support/world.ts';
import { type Ran, until } from './gateway-world.ts';

const OPENSSH = ['ssh', 'scp', 'sftp'];
const GRANTS = {
  admin: '{ instances: ["*"], privileges: [exec, files-read, files-write, forward] }',
  audited: '{ instances: ["*"], privileges: [exec, files-read, forward] }',
  reader: '{ instances: ["*"], privileges: [files-read] }',
  tagged: '{ instances: ["tag:web"], privileges: [exec] }',
  plain: '{ instances: ["*"], privileges: [exec], guest_users: [guest, debian] }',
};

export class GuestGateway implements AsyncDisposable {
  readonly world: World;
  readonly folder: string;
  #server: ChildProcess | undefined;
  #port = 0;

  private constructor(world: World, folder: string) {
    this.world = world;
    this.folder = folder;
  }

  /** A world whose configuration knows the subjects; the gateway runs after `start`. */
  static async make(): Promise<GuestGateway> {
    const folder = mkdtempSync('/var/tmp/nvt-ssh-');
    const subjects = Object.entries(GRANTS).map(([name, grant]) => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
      const key = readFileSync(join(folder, `${name}.pub`), 'utf8').trim();
      return `  ${name}: { keys: ["${key}"], grants: [${grant}] }`;
    });
    const lines = ['ssh_gateway: { listen: "127.0.0.1:0" }', 'subjects:', ...subjects];
    const world = await World.make([SLOW_AGENT, ...lines].join('\n'));
    const flavor = { vcpus: 1, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
    const { flavors } = await world.compute();
    await flavors.create({ ...flavor, name: 'small', memoryMiB: 256 });
    await flavors.create({ ...flavor, name: 'large', memoryMiB: 768, rootGiB: 4 });
    return new GuestGateway(world, folder);
  }

  get pid(): number {
    return this.#server?.pid ?? 0;
  }

  get port(): number {
    return this.#port;
  }

  get config(): string {
    return join(this.folder, 'ssh_config');
  }

  /** Listens when it resolves: where it did before, after a `stop`. */
  async start(instances: readonly string[]): Promise<void> {
    const { configFile } = this.world;
    if (this.#port !== 0) {
      const text = readFileSync(configFile, 'utf8');
      writeFileSync(configFile, text.replace('127.0.0.1:0', `127.0.0.1:${this.#port}`));
    }
    // A test that is killed takes it along.
    const words = ['--pdeathsig', 'KILL', '--', join(PACKAGE, 'scripts', 'novalet')];
    const server = spawn('setpriv', [...words, '--config', configFile, 'serve', '--ssh'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server = server;
    let said = '';
    for await (const piece of server.stderr.iterator({ destroyOnReturn: false })) {
      said += String(piece);
      if (said.includes('\n')) break;
    }
    server.stderr.resume();
    this.#port = Number(/^Listening for SSH on 127\.0\.0\.1 port (\d+)$/m.exec(said)?.[1]);
    if (!(this.#port > 0)) throw new Error(`the gateway does not listen: ${said}`);
    this.#writeConfig(instances);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill(signal);
    await exit;
  }

  /** Starts a stock client; `-F` is put first where the program is one of OpenSSH's. */
  begin(program: string, args: readonly string[]): ChildProcess {
    const given = OPENSSH.includes(program) ? ['-F', this.config, ...args] : args;
    return spawn(program, given, {
      env: { ...process.env, HOME: this.folder, SSH_AUTH_SOCK: '', LANG: 'C.UTF-8' },
      timeout: 240_000,
    });
  }

  /** Runs a stock client to its end, giving it `input` at once or when it has written `when`. */
  async run(
    program: string,
    args: readonly string[],
    { input = '', when }: { readonly input?: string; readonly when?: string } = {},
  ): Promise<Ran> {
    const child = this.begin(program, args);
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    let isGiven = when === undefined;
    child.stdin?.on('error', () => undefined); // a client that ended before it had read all
    if (isGiven) child.stdin?.end(input);
    child.stdout?.on('data', (bytes: Buffer) => {
      out.push(bytes);
      if (isGiven || when === undefined || !Buffer.concat(out).includes(when)) return;
      isGiven = true;
      child.stdin?.end(input);
    });
    child.stderr?.on('data', (bytes: Buffer) => err.push(bytes));
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }

  async ssh(host: string, command: string): Promise<Ran> {
    return await this.run('ssh', [host, command]);
  }

  /** The lines of the audit of what is over, oldest first; of the instance its name. */
  audit(): Record<string, unknown>[] {
    const text = readFileSync(join(this.world.stateDir, 'state', 'audit.ndjson'), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Object(JSON.parse(line)))
      .map((line) => ({ ...line, instance: line.instance.name }))
      .filter(({ outcome }) => outcome !== 'started');
  }

  /**
   * The lines in which all that is `given` stands, once there are `count` of them. A line is written when its client has been
   * told, which may be after the client has gone: lines of what a test did before may come late, so they are told apart by
   * what they say and never by where they stand.
   */
  async audited(given: Readonly<Record<string, unknown>>, count: number): Promise<Record<string, unknown>[]> {
    const wanted = Object.entries(given);
    const found = (): Record<string, unknown>[] =>
      this.audit().filter((line) => wanted.every(([key, value]) => line[key] === value));
    await until(() => found().length >= count);
    return found();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    await this.world[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #writeConfig(instances: readonly string[]): void {
    const known = join(this.folder, 'known_hosts');
    const key = join(this.world.stateDir, 'state', 'ssh-gateway', 'ssh_host_ed25519_key.pub');
    writeFileSync(known, `[127.0.0.1]:${this.port} ${readFileSync(key, 'utf8')}`);
    const hosts = Object.keys(GRANTS).flatMap((subject) =>
      instances.map(
        (name) => `Host ${subject}.${name}\n  User ${name}\n  IdentityFile ${join(this.folder, subject)}\n`,
      ),
    );
    writeFileSync(
      this.config,
      `${hosts.join('')}Host *\n  HostName 127.0.0.1\n  Port ${this.port}\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile /dev/null\n  IdentitiesOnly yes\n  IdentityAgent none\n  BatchMode yes\n  StrictHostKeyChecking yes\n`,
    );
  }
}
