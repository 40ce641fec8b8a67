// The agent drive: a CD with the host's guest agent, its loader and libraries, and what installs them in a guest. Made once
// for each state of the host's files, kept, and copied for every guest. The same files give the same bytes.
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  constants as fsConstants,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode, Fault, throwIfCancelled } from '../../base/index.ts';
import { makeDirectory } from '../../hostlink/index.ts';
import { explainWriteFailure } from '../disk-space.ts';
import { buildIso } from '../iso9660/index.ts';
import { publish, sweepTemporaries, temporaryFor } from '../temporary.ts';
import { type AgentFile, agentFiles, findHostAgent, type HostAgent } from './host-agent.ts';

/** By which the guest finds it. */
export const AGENT_DRIVE_LABEL = 'NOVALET-AGENT';

export interface AgentDrivePlaces {
  /** Drives that were made, by the state of what they were made of. */
  readonly cache: string;
  /** What is on the drive beside the agent: templates/agent-drive. */
  readonly templates: string;
}

const TEMPLATES = ['install', 'novalet-agent.service', '60-novalet-agent.rules', 'README'] as const;
const DRIVE_DATE = new Date(Date.UTC(2020, 9, 14));
const FOLDERS: Readonly<Record<AgentFile['role'], string>> = {
  program: 'bin',
  loader: 'bin',
  library: 'lib',
};
/** A drive of yesterday's files is nobody's any more: who looked it up copies it at once. */
const OUTDATED_MS = 3_600_000;

/** Throws `HOST_AGENT_ABSENT` where the host has none, and `HOST_AGENT_UNUSABLE`. */
export async function requireHostAgent(paths?: readonly string[]): Promise<HostAgent> {
  const agent = await findHostAgent(paths);
  if (agent !== undefined) return agent;
  throw new Fault('unsupported', 'HOST_AGENT_ABSENT', 'This host has no qemu-ga to put on an agent drive', {
    hint: 'On the host: apt install qemu-guest-agent (dnf or zypper likewise); or launch with --agent packages.',
  });
}

/**
 * Puts a drive at `path`, mode 0600; nobody sees half of it. Throws the faults of `requireHostAgent`, `DISK_SPACE_EXHAUSTED`
 * or `CANCELLED`.
 */
export async function writeAgentDrive(
  path: string,
  places: AgentDrivePlaces,
  options: { readonly signal?: AbortSignal | undefined; readonly agent?: HostAgent } = {},
): Promise<void> {
  const { signal } = options;
  const agent = options.agent ?? (await requireHostAgent());
  const made = await cachedDrive(agent, places, signal);
  throwIfCancelled(signal, 'the agent drive');
  const temporary = await temporaryFor(path);
  try {
    await copyFile(made, temporary, fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL);
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    const fault = await explainWriteFailure(error, dirname(path), 'the agent drive');
    await rm(temporary, { force: true });
    throw fault;
  }
}

/** The path of the drive for the agent as it is now, which is made where it is not there yet. */
async function cachedDrive(
  agent: HostAgent,
  { cache, templates }: AgentDrivePlaces,
  signal: AbortSignal | undefined,
): Promise<string> {
  const files = await agentFiles(agent, signal);
  const texts = await readTexts(templates);
  const path = join(cache, `${stateOf(agent, files, texts)}.iso`);
  if ((await modifiedMs(path)) !== undefined) return path;
  await makeDirectory(cache, 0o700);
  await sweepTemporaries(cache);
  const temporary = await temporaryFor(path);
  try {
    await writeFile(temporary, await buildDrive(agent, files, texts), { mode: 0o400, flag: 'wx', signal });
    await publish(temporary, path);
  } catch (error) {
    const fault = await explainWriteFailure(error, cache, 'the agent drive');
    await rm(temporary, { force: true });
    throwIfCancelled(signal, 'the agent drive');
    throw fault;
  }
  await removeOutdated(cache, path);
  return path;
}

type Texts = ReadonlyMap<string, Uint8Array>;

async function readTexts(templates: string): Promise<Texts> {
  const texts = new Map<string, Uint8Array>();
  for (const name of TEMPLATES) texts.set(name, await readFile(join(templates, name)));
  texts.set('bin/start', await readFile(join(templates, 'start')));
  return texts;
}

/** A file that was changed has another time or size: a distribution's update replaces it. */
function stateOf(agent: HostAgent, files: readonly AgentFile[], texts: Texts): string {
  const digest = createHash('sha256').update(agent.arch);
  for (const { name, path, sizeBytes, modifiedMs } of files) {
    digest.update(`\0${name}\0${path}\0${sizeBytes}\0${modifiedMs}`);
  }
  for (const text of texts.values()) digest.update('\0').update(text);
  return digest.digest('hex').slice(0, 32);
}

async function buildDrive(agent: HostAgent, files: readonly AgentFile[], texts: Texts): Promise<Uint8Array> {
  const contents = new Map(texts);
  for (const { name, role, path } of files) contents.set(`${FOLDERS[role]}/${name}`, await readFile(path));
  contents.set('architecture', Buffer.from(`${agent.arch}\n`));
  contents.set('version', Buffer.from(`${versionOf(contents)}\n`));
  return buildIso({
    volumeLabel: AGENT_DRIVE_LABEL,
    publisher: 'novalet',
    files: contents,
    date: DRIVE_DATE,
  });
}

/** Of the content alone: a guest that has it installed has nothing to do. */
function versionOf(contents: Texts): string {
  const digest = createHash('sha256');
  for (const [path, bytes] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return digest.digest('hex');
}

async function removeOutdated(cache: string, current: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    if (path === current || !name.endsWith('.iso')) continue;
    const madeMs = await modifiedMs(path);
    if (madeMs !== undefined && Date.now() - madeMs > OUTDATED_MS) await rm(path, { force: true });
  }
}

/** Undefined where there is no such file. */
async function modifiedMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
