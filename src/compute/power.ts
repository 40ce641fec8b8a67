// Starting, stopping and rebooting. Every wait has an end, and a guest that does not listen is switched off.
import type { Domain } from '../libvirt/index.ts';
import { type Instance, LONGEST_SHUTDOWN_S } from '../model/index.ts';
import { defineAdopted, rememberDefinition } from './adopted-definition.ts';
import type { ActOptions, RebootOptions, StopOptions } from './compute.ts';
import { domainXmlOf } from './domain-of.ts';
import { counted, told } from './emit-step.ts';
import { holdInstance } from './holding.ts';
import { type Road, rebootGuest, shutDownGuest } from './life/ask-guest.ts';
import { inStage } from './life/in-stage.ts';
import { STEP_WORDS } from './plan.ts';
import { setState } from './set-state.ts';
import type { Tools } from './tools.ts';
import { unlessGone } from './unless-gone.ts';

/** Start of QEMU to libvirt's answer; minutes only where libvirt probes QEMU anew (docs/troubleshooting.md). */
const START_TIMEOUT_MS = 180_000;
const REBOOT_TIMEOUT_MS = 120_000;
/** libvirt itself sends SIGKILL after some 15 s, and waits some 30 s in all. */
const PLUG_TIMEOUT_MS = 60_000;

const SHUTDOWN_WORDS: Readonly<Record<Road, (number: number) => string>> = {
  agent: () => 'asking its agent to power the guest off',
  acpi: (number) => `pressing the power button${number === 1 ? '' : `, for the ${number}. time`}`,
};
const REBOOT_WORDS: Readonly<Record<Road, string>> = {
  agent: 'asking its agent to reboot the guest',
  acpi: 'pressing the power button, to reboot the guest',
};

/** Starts a stopped instance; a domain that somebody undefined is defined again from the record. */
export async function startInstance(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'start', { state: 'powering-on', ...options });
  await powerOn(tools, held.instance, options);
  setState(tools, held.instance, 'active');
}

/** Asks the guest to power off and, when it does not within its time, pulls the plug. */
export async function stopInstance(tools: Tools, ref: string, options: StopOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'stop', { state: 'powering-off', ...options });
  await powerOff(tools, held.instance, options);
  setState(tools, held.instance, 'stopped');
}

/** Asks the guest to power off and, when it does not within its time, pulls the plug. Fine when it is off. The record stays. */
export async function powerOff(tools: Tools, instance: Instance, options: StopOptions): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return;
  const timeoutMs = options.timeoutMs ?? shutdownTimeoutMs(tools, instance);
  const step = { step: 'shutdown', what: 'waiting for the guest to power off', timeoutMs };
  const isOff =
    options.force !== true &&
    (await counted(options, step, async (say) => {
      const onAsk = (road: Road, number: number) => say(SHUTDOWN_WORDS[road](number));
      return await shutDownGuest(tools, instance, domain, { timeoutMs, signal: options.signal, onAsk });
    }));
  if (!isOff) await pullThePlug(tools, instance, domain, options);
}

/** Fine when it is off. The record stays. */
export async function pullThePlug(
  tools: Tools,
  instance: Instance,
  domain: Domain,
  options: ActOptions = {},
): Promise<void> {
  const stage = {
    told: { step: 'plug', what: 'pulling the plug', options },
    stage: `the domain of ${instance.name} to be gone`,
    timeoutMs: PLUG_TIMEOUT_MS,
    hint: 'A process in an uninterruptible wait for a disk cannot be killed: see what its disks lie on.',
  };
  await inStage(tools, instance, stage, () => unlessGone(() => domain.destroy(), 'LIBVIRT_STATE_CONFLICT'));
}

/** Soft: asks the guest; when it does not reboot within its time, hard: hard-reboot.ts. Names the files that were made anew. */
export async function rebootInstance(
  tools: Tools,
  ref: string,
  options: RebootOptions,
): Promise<readonly string[]> {
  const hard = options.hard === true;
  using held = await holdInstance(tools, ref, hard ? 'reboot-hard' : 'reboot', {
    state: hard ? 'rebooting_hard' : 'rebooting',
    ...options,
  });
  const { instance } = held;
  if (!hard) {
    const timeoutMs = options.timeoutMs ?? REBOOT_TIMEOUT_MS;
    const domain = await tools.libvirt.domain(instance);
    const step = { step: 'reboot', what: 'waiting for the guest to reboot', timeoutMs };
    const isHeeded = await counted(options, step, async (say) => {
      const onAsk = (road: Road) => say(REBOOT_WORDS[road]);
      return await rebootGuest(tools, instance, domain, { timeoutMs, signal: options.signal, onAsk });
    });
    if (isHeeded) return [];
  }
  const { buildAgain } = await import('./life/hard-reboot.ts');
  const made = await buildAgain(tools, instance, options);
  setState(tools, instance, 'active');
  return made;
}

/** Starts its domain, defined from the record where there is none, and tells of it as a step. The record stays. */
export async function powerOn(tools: Tools, instance: Instance, options: ActOptions): Promise<void> {
  const { signal } = options;
  await told(options, 'start-domain', STEP_WORDS['start-domain'], async () => {
    await wakeNetworks(tools, instance, signal);
    const domain = (await tools.libvirt.findDomain(instance)) ?? (await defineAgain(tools, instance));
    if (instance.adoption !== null) await rememberDefinition(tools, instance, domain);
    await startDomain(tools, instance, domain, signal);
  });
}

/** Throws `STAGE_TIMEOUT`. */
export async function startDomain(
  tools: Tools,
  instance: Instance,
  domain: Domain,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stage = {
    stage: `the domain ${instance.domainName} to start`,
    timeoutMs: START_TIMEOUT_MS,
    signal,
    hint: 'novalet doctor finds what makes libvirt slow.',
  };
  await inStage(tools, instance, stage, () => domain.start());
}

/** Networks of our own are started where somebody stopped them; anybody else's must run, as libvirt says of an adopted domain's. */
export async function wakeNetworks(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { wakeTarget } = await import('./attach-target.ts');
  for (const { binding, mac } of instance.ports) {
    if (binding.kind !== 'network') continue;
    const isOurs = binding.network === tools.settings.networkName || tools.store.addresses.isKept(mac);
    if (instance.adoption !== null && !isOurs) continue;
    await wakeTarget(tools, binding.network, signal);
  }
}

/** From the record, which has every choice that was made; over the definition that there is. */
export async function defineAgain(tools: Tools, instance: Instance): Promise<Domain> {
  if (instance.adoption !== null) return await defineAdopted(tools, instance);
  const { domain: host } = await tools.host.facts();
  const { settings, paths } = tools;
  const xml = domainXmlOf(instance, { settings, instances: paths.instances, host });
  return await (await tools.libvirt.control()).defineDomain(xml, { validate: true });
}

/** The image's os_shutdown_timeout, else the operator's. */
function shutdownTimeoutMs(tools: Tools, instance: Instance): number {
  const own = Number(instance.image.properties['os_shutdown_timeout']);
  const seconds = Number.isInteger(own) && own >= 0 ? own : tools.settings.shutdownTimeoutS;
  return Math.min(seconds, LONGEST_SHUTDOWN_S) * 1000;
}
