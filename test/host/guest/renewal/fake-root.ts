// The files of a guest, made up for one test, and our scripts run on them: this host's programs over them, in a file tree and
// under a hostname of their own, and without the right to set this host's clock.
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecOptions, ExecResult, RenewalAgent } from '../../../../src/guest/index.ts';

/** What the script finds in place of what it would do to this host; each call is a line of /calls. */
const STAND_INS = ['date', 'fstrim', 'sync', 'systemctl', 'journalctl'];
const FOLDERS = [
  'usr',
  'etc',
  'var',
  'run',
  'root',
  'home',
  'tmp',
  'stand-ins',
  'dev',
  'proc/sys/kernel',
  'proc/sys/vm',
];

export interface FakeRootOptions {
  /** Without systemd nobody asks systemctl. */
  readonly hasSystemd?: boolean;
  /** A shell that has its own date and fstrim is kept from using them. */
  readonly mayReseed?: boolean;
}

export class FakeRoot implements RenewalAgent, Disposable {
  readonly peer = 'the agent of web';
  readonly folder = mkdtempSync(join(tmpdir(), 'novalet-root-'));
  readonly #shell: readonly string[];
  readonly #dropped: string;

  constructor(shell: readonly string[], { hasSystemd = true, mayReseed = false }: FakeRootOptions = {}) {
    this.#shell = shell;
    this.#dropped = mayReseed ? '-sys_time' : '-sys_time,-sys_admin';
    chmodSync(this.folder, 0o755);
    for (const folder of FOLDERS) mkdirSync(join(this.folder, folder), { recursive: true });
    for (const [name, target] of [
      ['bin', 'usr/bin'],
      ['sbin', 'usr/sbin'],
      ['lib', 'usr/lib'],
      ['lib64', 'usr/lib64'],
    ])
      symlinkSync(target ?? '', join(this.folder, name ?? ''));
    for (const name of STAND_INS) this.standIn(name, 'exit 0');
    this.put({ '/dev/null': '', '/proc/sys/kernel/hostname': 'template\n', '/proc/sys/vm/drop_caches': '' });
    if (mayReseed) execFileSync('mknod', [join(this.folder, 'dev/urandom'), 'c', '1', '9']);
    if (hasSystemd) mkdirSync(join(this.folder, 'run/systemd/system'), { recursive: true });
  }

  /** Files by their paths in the guest. */
  put(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  /** Another program of that name. */
  standIn(name: string, script: string): void {
    const path = join(this.folder, 'stand-ins', name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>/calls\n${script}\n`, { mode: 0o755 });
  }

  text(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  mode(path: string): number {
    return statSync(join(this.folder, path)).mode & 0o7777;
  }

  has(path: string): boolean {
    return statSync(join(this.folder, path), { throwIfNoEntry: false }) !== undefined;
  }

  /** The stand-ins that were called. */
  calls(): readonly string[] {
    return this.has('/calls') ? this.text('/calls').trim().split('\n') : [];
  }

  /** As Agent.exec, with `/bin/sh` the shell of this root. */
  async exec([, ...words]: readonly string[], { stdin = '' }: ExecOptions = {}): Promise<ExecResult> {
    const mount = 'mount --bind /usr "$1/usr" && shift && exec "$@"';
    const inside = [
      'setpriv',
      `--bounding-set=${this.#dropped}`,
      'chroot',
      this.folder,
      ...this.#shell,
      ...words,
    ];
    const child = spawn('unshare', ['--mount', '--uts', 'sh', '-c', mount, 'x', this.folder, ...inside], {
      env: { PATH: '/stand-ins:/usr/sbin:/usr/bin' },
      timeout: 60_000,
    });
    const streams = Promise.all([bytesOf(child.stdout), bytesOf(child.stderr)]);
    child.stdin.on('error', () => undefined).end(stdin); // a script that ends early reads no more
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.once('exit', resolve);
    const exitCode = await promise;
    const [stdout, stderr] = await streams;
    return {
      exitCode,
      signal: child.signalCode,
      stdout,
      stderr,
      stdoutTruncated: false,
      stderrTruncated: false,
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
