// Starting, stopping and rebooting. Every wait has an end, and a guest that does not listen is switched off.
import { asFault, isFault, within } from '../base/index.ts';
import type { Connection, Domain, LibvirtEvent, Subscription } from '../libvirt/index.ts';
import { type Instance, LONGEST_SHUTDOWN_S, type VmState } from '../model/index.ts';
import { defineAdopted, rememberDefinition } from './adopted-definition.ts';
import type { ActOptions, RebootOptions, StopOptions } from './compute.ts';
import { domainXmlOf } from './domain-of.ts';
import { holdInstance } from './holding.ts';
import { powerStateOf } from './power-state.ts';
import type { Tools } from './tools.ts';

const START_TIMEOUT_MS = 180_000;
const REBOOT_TIMEOUT_MS = 120_000;

/** Starts a stopped instance; a domain that somebody undefined is defined again from the record. */
export async function startInstance(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'start', { state: 'powering-on', signal: options.signal });
  await powerOn(tools, held.instance, options.signal);
  setState(tools, held.instance, 'active');
}

/** Asks the guest to power off and, when it does not within its time, pulls the plug. */
export async function stopInstance(tools: Tools, ref: string, options: StopOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'stop', { state: 'powering-off', signal: options.signal });
  await powerOff(tools, held.instance, options);
  setState(tools, held.instance, 'stopped');
}

/** Asks the guest to power off and, when it does not within its time, pulls the plug. Fine when it is off. The record stays. */
export async function powerOff(tools: Tools, instance: Instance, options: StopOptions): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  const timeoutMs = options.timeoutMs ?? shutdownTimeoutMs(tools, instance);
  const asked = domain !== undefined && options.force !== true;
  const isOff = asked && (await shutDown(tools, domain, timeoutMs, options.signal));
  if (domain !== undefined && !isOff) await pullThePlug(domain);
}

/** Soft: asks the guest; when it does not reboot within its time, hard: off and on again. */
export async function rebootInstance(tools: Tools, ref: string, options: RebootOptions): Promise<void> {
  const hard = options.hard === true;
  using held = await holdInstance(tools, ref, hard ? 'reboot-hard' : 'reboot', {
    state: hard ? 'rebooting_hard' : 'rebooting',
    signal: options.signal,
  });
  const { instance } = held;
  if (!hard && (await softReboot(tools, instance, options))) return;
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) await pullThePlug(domain);
  await powerOn(tools, instance, options.signal);
  setState(tools, instance, 'active');
}

/** Starts its domain, defined from the record where there is none. The record stays. */
export async function powerOn(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal | undefined,
): Promise<void> {
  await wakeNetworks(tools, instance, signal);
  const domain = (await tools.libvirt.findDomain(instance)) ?? (await defineAgain(tools, instance));
  if (instance.adoption !== null) await rememberDefinition(tools, instance, domain);
  await within(START_TIMEOUT_MS, `the domain ${instance.domainName} to start`, () => domain.start(), {
    signal,
    hint: 'novalet doctor finds what makes libvirt slow.',
    outcome: 'unknown',
  });
}

/** Our own network is started where somebody stopped it; anybody else's must run, as libvirt says of an adopted domain's. */
async function wakeNetworks(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { findTarget } = await import('./attach-target.ts');
  for (const { binding } of instance.ports) {
    if (binding.kind !== 'network') continue;
    if (instance.adoption !== null && binding.network !== tools.settings.networkName) continue;
    await findTarget(tools, binding.network, 'allocate', signal);
  }
}

/** From the record, which has every choice that was made; for a domain that somebody undefined. */
async function defineAgain(tools: Tools, instance: Instance): Promise<Domain> {
  if (instance.adoption !== null) return await defineAdopted(tools, instance);
  const { domain: host } = await tools.host.facts();
  const { settings, paths } = tools;
  const xml = domainXmlOf(instance, { settings, instances: paths.instances, host });
  return await (await tools.libvirt.control()).defineDomain(xml, { validate: true });
}

/** Whether the guest powered off by itself within `timeoutMs`. */
async function shutDown(
  tools: Tools,
  domain: Domain,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const connection = await tools.libvirt.control();
  await using events = await connection.subscribe();
  if (!(await ask(tools, domain, () => domain.shutdown(['agent', 'acpi'])))) return false;
  return await heard(events, domain, { timeoutMs, signal, isIt: isStopped });
}

async function softReboot(tools: Tools, instance: Instance, options: RebootOptions): Promise<boolean> {
  const domain = await tools.libvirt.domain(instance);
  const connection: Connection = await tools.libvirt.control();
  await using events = await connection.subscribe();
  if (!(await ask(tools, domain, () => domain.reboot(['agent', 'acpi'])))) return false;
  const timeoutMs = options.timeoutMs ?? REBOOT_TIMEOUT_MS;
  return await heard(events, domain, {
    timeoutMs,
    signal: options.signal,
    isIt: (event) => event.kind === 'reboot',
  });
}

/** A guest that cannot be asked is not a failure of the action: the plug is the next road. */
async function ask(tools: Tools, domain: Domain, request: () => Promise<void>): Promise<boolean> {
  try {
    await request();
    return true;
  } catch (error) {
    tools.log.info({ err: asFault(error), domain: domain.name }, 'the guest could not be asked');
    return false;
  }
}

interface Hearing {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly isIt: (event: LibvirtEvent) => boolean;
}

/** Whether the event about this domain came before the deadline. */
async function heard(events: Subscription, domain: Domain, hearing: Hearing): Promise<boolean> {
  const listen = async () => {
    for await (const event of events) {
      if ('uuid' in event && event.uuid === domain.uuid && hearing.isIt(event)) return true;
    }
    return false;
  };
  try {
    return await within(hearing.timeoutMs, `the guest of ${domain.name}`, listen, {
      signal: hearing.signal,
      code: 'GUEST_DEAF',
    });
  } catch (error) {
    if (isFault(error, 'GUEST_DEAF')) return (await powerStateOf(domain)) === 'SHUTDOWN';
    throw error;
  }
}

function isStopped(event: LibvirtEvent): boolean {
  return event.kind === 'lifecycle' && event.event === 'stopped';
}

async function pullThePlug(domain: Domain): Promise<void> {
  try {
    await domain.destroy();
  } catch (error) {
    if (!isFault(error, 'LIBVIRT_STATE_CONFLICT')) throw error;
  }
}

function setState(tools: Tools, instance: Instance, vmState: VmState): void {
  tools.store.instances.change(instance.id, (current) => ({
    ...current,
    vmState,
    taskState: null,
    fault: null,
  }));
}

/** The image's os_shutdown_timeout, else the operator's. */
function shutdownTimeoutMs(tools: Tools, instance: Instance): number {
  const own = Number(instance.image.properties['os_shutdown_timeout']);
  const seconds = Number.isInteger(own) && own >= 0 ? own : tools.settings.shutdownTimeoutS;
  return Math.min(seconds, LONGEST_SHUTDOWN_S) * 1000;
}
