// Looking at everything between us and a guest's agent, for the diagnosis to decide over. Looks, and changes nothing.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asFault, errnoCode, isFault, within } from '../base/index.ts';
import {
  type AGENT_COMMANDS,
  type Agent,
  BOOT_TAIL_BYTES,
  type Confinement,
  type ConsoleSigns,
  type Diagnosis,
  diagnose,
  type Observed,
  type Probe,
  readConsole,
  readFrozen,
  unusableCommands,
} from '../guest/index.ts';
import type { Domain, DomainStateName } from '../libvirt/index.ts';
import { laneNumber, liveDomainFacts } from '../libvirt-xml/index.ts';
import type { Instance } from '../model/index.ts';
import { isAtOnce } from './agent-faults.ts';
import { channelStateIn } from './agents.ts';
import type { ActOptions } from './compute.ts';
import { ConsoleLogFile } from './console-log.ts';
import { channelHint } from './hints.ts';
import { consoleLogPath } from './paths.ts';
import { observedState } from './reconcile.ts';
import { isSessionMode } from './settings.ts';
import { cureWhileOff, cureWhilePaused } from './state-conflict.ts';
import type { Tools } from './tools.ts';

/** For everything; each part has less. */
const DIAGNOSIS_TIMEOUT_MS = 60_000;
/** libvirt waits 5 s for the agent to be in step, and then so long for the answer. */
const PING_S = 3;
const PROBE_TIMEOUT_MS = 12_000;
const INSIDE_TIMEOUT_MS = 30_000;

/** What the bridge stands on; without one of them something is missing that people ask for. */
const WANTED: readonly (keyof typeof AGENT_COMMANDS)[] = [
  'guest-exec',
  'guest-exec-status',
  'guest-file-open',
  'guest-file-read',
  'guest-file-write',
  'guest-file-close',
  'guest-set-user-password',
  'guest-network-get-interfaces',
];

/** What an agent that answered a moment ago may meet when it is asked more. */
const WENT_AWAY = [
  'AGENT_UNRESPONSIVE',
  'AGENT_ANSWER_LOST',
  'AGENT_DISCONNECTED',
  'AGENT_NOT_RUNNING',
  'AGENT_DISABLED',
  'AGENT_ABSENT',
  'INSTANCE_NOT_RUNNING',
  'INSTANCE_PAUSED',
];

/** An agent that answers a ping may lie in everything else. */
const IS_NONSENSE = ['AGENT_REPLY_INVALID', 'AGENT_REPLY_TOO_LARGE', 'AGENT_REFUSED'];

/** Finds which it is. Throws what libvirt's own absence throws, and `GUEST_DIAGNOSIS_TIMEOUT`. */
export async function diagnoseGuest(tools: Tools, ref: string, options: ActOptions): Promise<Diagnosis> {
  const instance = tools.store.instances.find(ref);
  const what = `a diagnosis of ${instance.name}`;
  return await within(
    DIAGNOSIS_TIMEOUT_MS,
    what,
    async (signal) => withCure(diagnose(await observe(tools, instance, signal)), instance),
    {
      signal: options.signal,
      code: 'GUEST_DIAGNOSIS_TIMEOUT',
      hint: 'libvirt itself is slow: novalet doctor',
    },
  );
}

/** The diagnosis knows guests, and no instance: neither who made its domain nor what its state allows. */
function withCure(diagnosis: Diagnosis, instance: Instance): Diagnosis {
  const { code } = diagnosis;
  if (code === 'AGENT_ABSENT' && instance.adoption !== null)
    return { ...diagnosis, cures: [channelHint(instance)] };
  const isOffByItself = observedState(instance, 'SHUTDOWN') === 'stopped'; // then the guest is all that counts
  if (isOffByItself || (code !== 'INSTANCE_NOT_RUNNING' && code !== 'INSTANCE_PAUSED')) return diagnosis;
  return {
    ...diagnosis,
    cures: [code === 'INSTANCE_PAUSED' ? cureWhilePaused(instance) : cureWhileOff(instance)],
  };
}

async function observe(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal,
  isLast = false,
): Promise<Observed> {
  const nothing = nothingObserved(instance);
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return nothing;
  const standing = standingOf((await domain.state()).state);
  const started = await startedAt(tools, instance);
  const outside = { ...nothing, domain: standing, upMs: started === null ? null : Date.now() - started };
  if (standing !== 'running') return { ...outside, upMs: null };
  const xml = await domain.xml();
  const channel = channelStateIn(xml);
  const agents = await tools.agents.get();
  const heardAt = agents.heardAt(instance.id);
  const seen = {
    ...outside,
    channel,
    channelConfigured: liveDomainFacts(await domain.xml({ inactive: true })).agent !== null,
    wasSeen: (heardAt !== undefined && started !== null && heardAt > started) || isLaneServed(xml),
    console: await consoleSigns(tools, instance),
  };
  if (channel === 'absent' || channel === 'disconnected') return seen;
  const probe = await probeAgent(tools, instance);
  if (probe.kind !== 'answered') return { ...seen, probe };
  try {
    return await agents.use(instance, (agent) => inside({ ...seen, probe }, agent, signal));
  } catch (error) {
    if (isFault(error, ...IS_NONSENSE))
      return { ...seen, probe: { kind: 'nonsense', code: error.code, message: error.message } };
    if (!isFault(error, ...WENT_AWAY)) throw error;
    if (!isLast) return await observe(tools, instance, signal, true); // it fell ill under our eyes
    return { ...seen, probe: { kind: 'silent', ms: INSIDE_TIMEOUT_MS } };
  }
}

/** Who holds a lane open in the guest is our server, and the agent started it: in this boot, for a reboot closes all ports. */
function isLaneServed(xml: string): boolean {
  return liveDomainFacts(xml).channels.some(
    ({ name, state }) => laneNumber(name) !== undefined && state === 'connected',
  );
}

function nothingObserved({ name, domainName }: Instance): Observed {
  return {
    name,
    domainName,
    domain: 'missing',
    upMs: null,
    channel: 'absent',
    channelConfigured: false,
    wasSeen: false,
    console: { stage: 'silent', saysAgentStarted: false },
    probe: { kind: 'not-tried' },
    agentVersion: null,
    frozen: null,
    unusable: [],
    missing: [],
    osId: null,
    confinement: null,
  };
}

function standingOf(state: DomainStateName): Observed['domain'] {
  switch (state) {
    case 'running':
    case 'blocked':
    case 'shutdown':
      return 'running';
    case 'paused':
      return 'paused';
    case 'pmsuspended':
      return 'suspended';
    case 'crashed':
      return 'crashed';
    default:
      return 'off';
  }
}

/** When QEMU was started, by the file that libvirt then writes its pid to; null where we may not see it. */
async function startedAt(tools: Tools, { domainName }: Instance): Promise<number | null> {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const folder = isSessionMode(tools.settings)
    ? join(runtime ?? '/', 'libvirt/qemu/run')
    : '/run/libvirt/qemu';
  try {
    return (await stat(join(folder, `${domainName}.pid`))).mtimeMs;
  } catch (error) {
    if (errnoCode(error) !== undefined) return null;
    throw error;
  }
}

async function consoleSigns(tools: Tools, instance: Instance): Promise<ConsoleSigns> {
  const path = consoleLogPath(tools.paths.instances, instance);
  if (path === null) return { stage: 'unknown', saysAgentStarted: false };
  const log = new ConsoleLogFile(path);
  try {
    return readConsole(await log.read(BOOT_TAIL_BYTES));
  } catch (error) {
    if (errnoCode(error) !== 'EACCES') throw error;
    return { stage: 'unknown', saysAgentStarted: false }; // libvirt's root wrote it, and we are not root
  }
}

/** A guest-ping past our own queue and breaker: what they remember is not what is asked here. */
async function probeAgent(tools: Tools, instance: Instance): Promise<Probe> {
  const domain: Domain = await tools.libvirt.domain(instance, 'slow agents'); // it is asked because it may hang
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  try {
    const ping = () => domain.agentCommand('{"execute":"guest-ping"}', PING_S);
    await within(PROBE_TIMEOUT_MS, 'guest-ping', ping, { code: 'PROBE_TIMEOUT' });
    return { kind: 'answered', ms: elapsed() };
  } catch (error) {
    const ms = elapsed();
    if (isFault(error, 'LIBVIRT_TIMEOUT', 'PROBE_TIMEOUT')) return { kind: 'held', ms };
    if (isFault(error, 'AGENT_UNRESPONSIVE', 'AGENT_COMMAND_TIMEOUT', 'AGENT_UNSYNCED')) {
      return { kind: isAtOnce(ms) ? 'refused-at-once' : 'silent', ms };
    }
    if (!isFault(error) || ['conflict', 'not-found', 'internal', 'denied'].includes(error.kind)) throw error;
    return { kind: 'nonsense', code: error.code, message: asFault(error).message };
  }
}

async function inside(observed: Observed, agent: Agent, signal: AbortSignal): Promise<Observed> {
  const limits = { signal, timeoutMs: 5000 };
  return await within(
    INSIDE_TIMEOUT_MS,
    agent.peer,
    async () => {
      const info = await agent.info(limits);
      const frozen = await unlessRefused(() => readFrozen(agent, limits));
      const os = await unlessRefused(() => agent.osInfo());
      const osId = os?.id ?? null;
      return {
        ...observed,
        agentVersion: info.version,
        frozen,
        osId,
        unusable: unusableCommands(info, { isFrozen: frozen === true, osId: osId ?? undefined }),
        missing: WANTED.filter((name) => !info.commands.has(name)),
        confinement: frozen === true ? null : await confinementOf(agent),
      };
    },
    { signal },
  );
}

async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isFault(error) && ['refused', 'unsupported', 'conflict', 'not-found'].includes(error.kind))
      return null;
    throw error;
  }
}

/** Null without SELinux, and where neither files nor commands may be asked. */
async function confinementOf(agent: Agent): Promise<Confinement | null> {
  const enforce = await unlessRefused(() => agent.readFile('/sys/fs/selinux/enforce', { maxBytes: 16 }));
  if (enforce === null) return null;
  const own = await unlessRefused(() =>
    agent.exec(['cat', '/proc/self/attr/current'], { captureLimit: 512 }),
  );
  const context = own?.stdout.toString('latin1').replace(/[^\w:.-]/g, '') ?? null;
  return { enforcing: enforce.toString('latin1').trim() === '1', context, isExecDenied: own?.exitCode !== 0 };
}
