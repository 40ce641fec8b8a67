// GNU tar and cp of this host, as trees need them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../../base/index.ts';
import { encodeName } from './guest-path.ts';
import type { GuestTools } from './guest-tools.ts';
import { hostFault, hostRefused } from './host-faults.ts';
import { hostBytes } from './host-side.ts';

/** A program of this host with its end. */
export interface HostProgram extends AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it has ended and its streams are closed. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly complaint: string }>;
}

const COMPLAINT = 400;

/** Archive formats and properties that the guest's tar understands too. */
export function formatOptions(tools: GuestTools): string[] {
  if (!tools.hasPosixTar) return ['--format=gnu', '--numeric-owner'];
  return ['--format=posix', '--numeric-owner', '--sparse', ...xattrOptions(tools)];
}

export function xattrOptions(tools: GuestTools): string[] {
  return tools.hasXattrs ? ['--xattrs', '--xattrs-include=user.*', '--acls'] : [];
}

/** Packs a directory, or the names in it that come on stdin, ended by NUL. */
export function packHost(directory: string, tools: GuestTools, names: boolean): HostProgram {
  const what = names ? ['--no-recursion', '--null', '--verbatim-files-from', '-T', '-'] : ['.'];
  return start('tar', ['-c', ...formatOptions(tools), '-C', directory, '-f', '-', ...what]);
}

/** Packs one file with all its properties, whatever the guest's tar can. */
export function packMember(directory: string, name: string): HostProgram {
  const properties = ['--format=posix', '--xattrs', '--xattrs-include=user.*', '--acls', '--sparse'];
  const names = ['--no-recursion', '--null', '--verbatim-files-from', '-T', '-'];
  const program = start('tar', ['-c', ...properties, '-C', directory, '-f', '-', ...names]);
  program.stdin.on('error', () => undefined); // tar's end tells why it reads no more
  program.stdin.end(Buffer.concat([encodeName(`./${name}`), Buffer.of(0)]));
  return program;
}

/** Unpacks a guarded archive into a private directory. */
export function unpackHost(directory: string, tools: GuestTools, options: UnpackOptions): HostProgram {
  const owner = options.owners ? ['--same-owner', '--numeric-owner'] : ['--no-same-owner'];
  const times = options.times ? [] : ['-m'];
  const words = [
    '-x',
    '--same-permissions',
    ...owner,
    ...times,
    '--delay-directory-restore',
    ...xattrOptions(tools),
  ];
  return start('tar', [...words, '-C', directory, '-f', '-']);
}

export interface UnpackOptions {
  readonly owners: boolean;
  readonly times: boolean;
}

/** Links a whole tree into a directory that is there: every file is replaced by a whole one. */
export async function mergeHost(from: string, to: string): Promise<void> {
  await using program = start('cp', ['-a', '-l', '-f', '--', `${from}/.`, `${to}/`]);
  program.stdin.end();
  program.stdout.resume();
  const { exitCode, complaint } = await program.ended;
  if (exitCode !== 0) throw await hostFailure(to, `cp could not put everything into ${to}: ${complaint}`);
}

/** Brings what is in a directory onto the disk, with all of its file system. */
export async function flushHost(directory: string): Promise<void> {
  await using program = start('sync', ['-f', directory]);
  program.stdin.end();
  program.stdout.resume();
  const { exitCode, complaint } = await program.ended;
  if (exitCode !== 0) throw await hostFailure(directory, `sync could not write ${directory}: ${complaint}`);
}

/** No room, or something else. */
export async function hostFailure(path: string, message: string): Promise<Fault> {
  const { bavail } = await statfs(hostBytes(path));
  if (bavail < 16) return new Fault('exhausted', 'HOST_DISK_FULL', `This host has no room for ${path}`);
  return hostRefused(message, 'Look at the permissions and at what is there already.');
}

function start(program: string, words: readonly string[]): HostProgram {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
  const child = spawn(program, words, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const { stdin } = child;
  // Node throws a program's output away when it ends before anybody has begun to read it.
  const stdout = new PassThrough({ highWaterMark: 256 * 1024 });
  pipeline(child.stdout, stdout).catch(() => undefined); // told to who reads
  const ended = endOf(child, program);
  ended.catch(() => undefined); // told where it is waited for
  return {
    stdin,
    stdout,
    ended,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      stdout.destroy();
      stdin.destroy();
      await ended.catch(() => undefined); // only its end counts here
    },
  };
}

async function endOf(child: ChildProcess, program: string) {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT);
  });
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    throw hostFault(error, program);
  });
  const [exitCode]: unknown[] = await Promise.race([once(child, 'close'), failed]);
  return { exitCode: typeof exitCode === 'number' ? exitCode : null, complaint: complaint.trim() };
}
