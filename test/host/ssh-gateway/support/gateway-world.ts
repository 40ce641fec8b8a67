// A gateway on 127.0.0.1 whose guests are this host, with keys, a known_hosts and an ssh_config for stock clients.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEFAULT_LIMITS,
  type Gateway,
  type GatewayLimits,
  openGateway,
  type Rights,
  readHostKeys,
  type SessionRecord,
} from '../../../../src/ssh-gateway/index.ts';
import { ALL_RIGHTS, HostReach } from '../../../fakes/host-reach.ts';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const SUBJECTS: Readonly<Record<string, Partial<Rights>>> = {
  all: ALL_RIGHTS,
  reader: { filesRead: true },
  writer: { filesRead: true, filesWrite: true },
  nothing: { forward: true },
};

export class GatewayWorld implements AsyncDisposable {
  readonly folder: string;
  readonly gateway: Gateway;
  readonly reach: HostReach;
  readonly records: SessionRecord[];
  readonly logged: { readonly facts: object; readonly message: string }[];

  private constructor(
    folder: string,
    gateway: Gateway,
    reach: HostReach,
    told: Pick<GatewayWorld, 'records' | 'logged'>,
  ) {
    this.folder = folder;
    this.gateway = gateway;
    this.reach = reach;
    this.records = told.records;
    this.logged = told.logged;
  }

  static async open(
    limits: Partial<GatewayLimits> = {},
    startedAfterMs = 2 ** 31 - 1,
  ): Promise<GatewayWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'nvt-ssh-'));
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o755 });
    chmodSync(folder, 0o755);
    const hostKeys = await readHostKeys({ folder: join(folder, 'host'), rsa: false });
    for (const name of [...Object.keys(SUBJECTS), 'stranger'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', join(folder, 'rsa')]);
    const publicKey = (name: string) => readFileSync(join(folder, `${name}.pub`), 'utf8').trim();
    const subjects = [...Object.keys(SUBJECTS)].map((name) => ({
      name,
      keys: name === 'all' ? [publicKey(name), publicKey('rsa')] : [publicKey(name)],
    }));
    const reach = new HostReach(new Map(Object.entries(SUBJECTS)), home);
    const told: Pick<GatewayWorld, 'records' | 'logged'> = { records: [], logged: [] };
    const log = (facts: object, message: string) => void told.logged.push({ facts, message });
    const gateway = await openGateway({
      listen: { host: '127.0.0.1', port: 0 },
      limits: { ...DEFAULT_LIMITS, connectionsPerSecond: 1000, ...limits },
      ...{ hostKeys, subjects, reach, acceptEnv: ['NVT_*'] },
      log: { debug: log, info: log, warn: log },
      record: (record) => void told.records.push(record),
      startedAfterMs,
    });
    const world = new GatewayWorld(folder, gateway, reach, told);
    world.#writeConfig();
    return world;
  }

  get port(): number {
    return this.gateway.address.port;
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  get config(): string {
    return join(this.folder, 'ssh_config');
  }

  /** Runs a stock client, giving it `input` at once or when it has written `when`; `-F` with the world's configuration is put first where the program is one of OpenSSH's. */
  async run(
    program: string,
    args: readonly string[],
    { input = '', when }: { readonly input?: string | Uint8Array; readonly when?: string } = {},
  ): Promise<Ran> {
    const isSsh = ['ssh', 'scp', 'sftp'].includes(program);
    const child = spawn(program, isSsh ? ['-F', this.config, ...args] : args, {
      env: { ...process.env, HOME: this.folder, SSH_AUTH_SOCK: '' },
      timeout: 180_000, // a test has a bound of its own
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.stdin.on('error', () => undefined); // a client that ended before it had read all
    const give = () => void child.stdin.end(input);
    if (when === undefined) give();
    else child.stdout.on('data', () => Buffer.concat(out).includes(when) && give());
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }

  /**
   * The first record that `is` the one meant, once it is there. Records of what a test did before may come late: they are
   * told apart by what they say and never by where they stand.
   */
  async recorded(is: (record: SessionRecord) => boolean): Promise<SessionRecord> {
    await until(() => this.records.some(is));
    const [first] = this.records.filter(is);
    assert.ok(first !== undefined);
    return first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close(0);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #writeConfig(): void {
    const known = join(this.folder, 'known_hosts');
    const hostKey = readFileSync(join(this.folder, 'host/ssh_host_ed25519_key.pub'), 'utf8');
    writeFileSync(known, `[127.0.0.1]:${this.port} ${hostKey}`);
    const lines = ['all', 'reader', 'writer', 'nothing', 'stranger', 'rsa'].map(
      (name) => `Host ${name}\n  IdentityFile ${join(this.folder, name)}\n`,
    );
    writeFileSync(
      this.config,
      `${lines.join('')}Host *\n  HostName 127.0.0.1\n  Port ${this.port}\n  User guest-0\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile /dev/null\n  IdentitiesOnly yes\n  IdentityAgent none\n  BatchMode yes\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n`,
    );
  }
}

/** Whether a record is that of the whole command line. */
export function ofCommand(line: string): (record: SessionRecord) => boolean {
  return ({ arguments: given }) => given?.[0] === line;
}

/** Waits until `look` says so; a test's own time limit ends it otherwise. */
export async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 5)));
}
