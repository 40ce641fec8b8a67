// All that a guest tells of itself, as one document. What its agent cannot tell is absent with a reason, and no fault:
// a guest that tells little is still told about. Bounded in time as a whole.
import { type Fault, isFault, throwIfCancelled, within } from '../../base/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';
import { type AgentInfo, decodeInfo } from '../capabilities.ts';
import { readFile } from '../files.ts';
import { AGENT_COMMANDS, existsOn, isAgentCommand } from './commands.ts';
import { type GuestInterface, readInterfaces } from './interfaces.ts';
import { type GuestVcpu, readMemoryBlockSize, readMemoryBlocks, readVcpus } from './processor.ts';
import { type GuestRoutes, readRoutes } from './routes.ts';
import { type GuestDisk, type GuestFilesystem, readDisks, readFilesystems } from './storage.ts';
import {
  type GuestLoad,
  type GuestTime,
  type GuestTimezone,
  type GuestUser,
  type OsInfo,
  parseLoadavg,
  readHostName,
  readLoad,
  readOsInfo,
  readTime,
  readTimezone,
  readUsers,
} from './system.ts';

/** A part of the document: its value, or why there is none. */
export type Told<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly code: string; readonly why: string };

export interface GuestMemory {
  readonly blockBytes: number;
  readonly online: number;
  readonly offline: number;
}

/** A command that the agent has and does not carry out now. */
export interface UnusableCommand {
  readonly name: string;
  /** `policy`: the guest switched it off; `frozen`: until the thaw; `system`: there is none on this system. */
  readonly by: 'policy' | 'frozen' | 'system';
}

export interface GuestFacts {
  readonly agentVersion: string;
  readonly frozen: Told<boolean>;
  /** In the order of their names. */
  readonly unusable: readonly UnusableCommand[];
  readonly os: Told<OsInfo>;
  readonly hostName: Told<string>;
  readonly timezone: Told<GuestTimezone>;
  readonly time: Told<GuestTime>;
  readonly users: Told<readonly GuestUser[]>;
  readonly load: Told<GuestLoad>;
  readonly vcpus: Told<readonly GuestVcpu[]>;
  readonly memory: Told<GuestMemory>;
  readonly disks: Told<readonly GuestDisk[]>;
  readonly filesystems: Told<readonly GuestFilesystem[]>;
  readonly interfaces: Told<readonly GuestInterface[]>;
  readonly routes: Told<GuestRoutes>;
}

export interface GatherOptions {
  readonly signal?: AbortSignal | undefined;
  /** For all of it, in milliseconds. Default 20 s. */
  readonly timeoutMs?: number | undefined;
}

const CALL_TIMEOUT_MS = 5000;

/**
 * Asks the agent everything. Throws only what makes the whole impossible: no answer to guest-info, the deadline
 * (`GUEST_FACTS_TIMEOUT`), the caller's signal.
 */
export async function gatherFacts(agent: AgentCaller, options: GatherOptions = {}): Promise<GuestFacts> {
  const { timeoutMs = 20_000, signal } = options;
  return await within(timeoutMs, `what ${agent.peer} knows`, (inner) => gather(agent, inner), {
    signal,
    code: 'GUEST_FACTS_TIMEOUT',
    hint: 'The guest is slow or under load: try again, or find out why with novalet guest NAME doctor.',
  });
}

async function gather(agent: AgentCaller, signal: AbortSignal): Promise<GuestFacts> {
  const limits: CallOptions = { signal, timeoutMs: CALL_TIMEOUT_MS };
  const info = decodeInfo(await agent.call('guest-info', undefined, { ...limits, readOnly: true }));
  const frozen = await told(signal, () => readFrozen(agent, limits));
  const os = await told(signal, () => readOsInfo(agent, limits));
  return {
    agentVersion: info.version,
    frozen,
    unusable: unusableCommands(info, {
      isFrozen: frozen.known && frozen.value,
      osId: os.known ? os.value.id : undefined,
    }),
    os,
    hostName: await told(signal, () => readHostName(agent, limits)),
    timezone: await told(signal, () => readTimezone(agent, limits)),
    time: await told(signal, () => readTime(agent, limits)),
    users: await told(signal, () => readUsers(agent, limits)),
    load: await told(signal, () => readAnyLoad(agent, limits)),
    vcpus: await told(signal, () => readVcpus(agent, limits)),
    memory: await told(signal, () => readMemory(agent, limits)),
    disks: await told(signal, () => readDisks(agent, limits)),
    filesystems: await told(signal, () => readFilesystems(agent, limits)),
    interfaces: await told(signal, () => readInterfaces(agent, limits)),
    routes: await told(signal, () => readRoutes(agent, limits)),
  };
}

/** Why commands that guest-info lists as disabled are so. */
export function unusableCommands(
  info: AgentInfo,
  about: { readonly isFrozen: boolean; readonly osId: string | undefined },
): UnusableCommand[] {
  return [...info.commands.values()]
    .filter(({ enabled }) => !enabled)
    .map(({ name }) => ({ name, by: reasonFor(name, about) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function reasonFor(
  name: string,
  { isFrozen, osId }: { readonly isFrozen: boolean; readonly osId: string | undefined },
): UnusableCommand['by'] {
  const known = isAgentCommand(name) ? AGENT_COMMANDS[name] : undefined;
  if (known !== undefined && !existsOn(known.systems, osId)) return 'system';
  return isFrozen && !(known !== undefined && 'whileFrozen' in known) ? 'frozen' : 'policy';
}

/** Whether the guest's filesystems are frozen, as its agent knows: guest-fsfreeze-status. */
export async function readFrozen(agent: AgentCaller, options: CallOptions = {}): Promise<boolean> {
  const reply = await agent.call('guest-fsfreeze-status', undefined, { readOnly: true, ...options });
  const word = reply.text(20);
  if (word !== 'frozen' && word !== 'thawed') return reply.fail('is neither frozen nor thawed');
  return word === 'frozen';
}

async function readAnyLoad(agent: AgentCaller, options: CallOptions): Promise<GuestLoad> {
  try {
    return await readLoad(agent, options);
  } catch (error) {
    if (!isFault(error, 'AGENT_COMMAND_UNSUPPORTED')) throw error;
    const text = await readFile(agent, '/proc/loadavg', { maxBytes: 4096, signal: options.signal });
    const load = parseLoadavg(text.toString('latin1'));
    if (load === undefined) throw error;
    return load;
  }
}

async function readMemory(agent: AgentCaller, options: CallOptions): Promise<GuestMemory> {
  const blocks = await readMemoryBlocks(agent, options);
  const blockBytes = await readMemoryBlockSize(agent, options);
  const online = blocks.filter((block) => block.online).length;
  return { blockBytes, online, offline: blocks.length - online };
}

/** A refusal about one part is that part's reason; an agent that went away ends the whole. */
async function told<T>(signal: AbortSignal, read: () => Promise<T>): Promise<Told<T>> {
  throwIfCancelled(signal, 'what the guest knows');
  try {
    return { known: true, value: await read() };
  } catch (error) {
    if (!isFault(error) || isTheEnd(error)) throw error;
    return { known: false, code: error.code, why: error.message };
  }
}

function isTheEnd(fault: Fault): boolean {
  return ['cancelled', 'unavailable', 'internal'].includes(fault.kind) || fault.code === 'AGENT_UNRESPONSIVE';
}
