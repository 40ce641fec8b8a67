// The QEMU guest agent that this host's distribution installed: the program, the loader that it names and the libraries that
// the loader finds for it. Nothing of it is run but the loader, which only lists.
import { open, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoCode, Fault, formatBytes, MIB } from '../../base/index.ts';
import { runProgram } from '../../hostlink/index.ts';
import { ELF_HEAD_BYTES, readElfHead } from './elf.ts';

export interface HostAgent {
  readonly path: string;
  /** As `uname -m` and libvirt say it. */
  readonly arch: string;
  /** Null for a static program. */
  readonly loader: string | null;
}

/** One file of the agent, as it is on the host now. */
export interface AgentFile {
  /** By which programs ask for it: a library's own name, whatever file that leads to. */
  readonly name: string;
  readonly role: 'program' | 'loader' | 'library';
  /** Without links. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export const AGENT_PATHS: readonly string[] = ['/usr/sbin/qemu-ga', '/usr/bin/qemu-ga'];

const LIST_TIMEOUT_MS = 10_000;
const LIBRARIES_MAX = 64;
const FILES_MAX_BYTES = 128 * MIB;
/** `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f…)` */
const FOUND = /^\s+([A-Za-z0-9._+-]+) => (\/\S+) \(0x[0-9a-f]+\)$/;
/** The loader itself, and what the kernel gives every program. */
const UNASKED = /^\s+(?:\/\S+ => )?\S+ \(0x[0-9a-f]+\)$/;

/** The first of `paths` that is there; undefined where the host has none. Throws `HOST_AGENT_UNUSABLE`. */
export async function findHostAgent(paths: readonly string[] = AGENT_PATHS): Promise<HostAgent | undefined> {
  for (const path of paths) {
    const head = await readHead(path);
    if (head === undefined) continue;
    const elf = readElfHead(head);
    if (elf === null) throw unusable(path, 'it is no 64-bit Linux program of a machine that is known');
    return { path, arch: elf.arch, loader: elf.interpreter };
  }
  return undefined;
}

/** All files that the agent needs to run elsewhere. Throws `HOST_AGENT_UNUSABLE`, `PROGRAM_TIMEOUT` or `CANCELLED`. */
export async function agentFiles(agent: HostAgent, signal?: AbortSignal): Promise<readonly AgentFile[]> {
  const { path, loader } = agent;
  const program = await fileFacts({ name: 'qemu-ga', role: 'program', path });
  if (loader === null) return [program];
  const files = [program, await fileFacts({ name: 'ld.so', role: 'loader', path: loader })];
  for (const [name, library] of await listLibraries(path, loader, signal)) {
    files.push(await fileFacts({ name, role: 'library', path: library }));
  }
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes <= FILES_MAX_BYTES) return files;
  throw unusable(
    path,
    `with its libraries it has ${formatBytes(bytes)}, more than ${formatBytes(FILES_MAX_BYTES)}`,
  );
}

async function listLibraries(
  program: string,
  loader: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await runProgram(loader, ['--list', program], {
    timeoutMs: LIST_TIMEOUT_MS,
    maxOutputBytes: MIB,
    signal,
  });
  return readLibraryList(program, loader, stdout);
}

/** What `ld.so --list` printed: names and the files that they lead to. Throws `HOST_AGENT_UNUSABLE`. */
export function readLibraryList(program: string, loader: string, text: string): ReadonlyMap<string, string> {
  const libraries = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, path] = FOUND.exec(line) ?? [];
    if (name !== undefined && path !== undefined) {
      if (name !== basename(loader)) libraries.set(name, path);
    } else if (line.trim() !== '' && !UNASKED.test(line)) {
      throw unusable(program, `its loader says "${line.trim().slice(0, 120)}"`);
    }
  }
  if (libraries.size <= LIBRARIES_MAX) return libraries;
  throw unusable(program, `it needs ${libraries.size} libraries, more than ${LIBRARIES_MAX}`);
}

async function fileFacts(file: Pick<AgentFile, 'name' | 'role' | 'path'>): Promise<AgentFile> {
  const path = await realpath(file.path);
  const facts = await stat(path);
  if (!facts.isFile()) throw unusable(file.path, 'it is no plain file');
  return { ...file, path, sizeBytes: facts.size, modifiedMs: facts.mtimeMs };
}

async function readHead(path: string): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(ELF_HEAD_BYTES), 0, ELF_HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw unusable(path, `it cannot be read (${errnoCode(error) ?? 'unknown error'})`, error);
  }
}

function unusable(path: string, why: string, cause?: unknown): Fault {
  return new Fault('unsupported', 'HOST_AGENT_UNUSABLE', `No agent drive can be made of ${path}: ${why}`, {
    cause,
    hint: 'Install qemu-guest-agent of the distribution on this host again, or launch with --agent packages or --no-agent.',
    details: { path },
  });
}
