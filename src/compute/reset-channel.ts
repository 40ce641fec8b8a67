// Making the agent's channel anew: detached from the running domain and attached in the same place. That is the one cure
// for an agent that libvirt has given up, and it wakes an agent that lost its port. The configuration stays as it is.
import { Fault, isFault, within } from '../base/index.ts';
import type { Connection, Domain, Subscription } from '../libvirt/index.ts';
import {
  AGENT_PORT,
  attributeOf,
  childElements,
  type Element,
  element,
  find,
  parseXml,
  serializeXml,
} from '../libvirt-xml/index.ts';
import type { Instance } from '../model/index.ts';
import type { ActOptions } from './compute.ts';
import { channelHint } from './hints.ts';
import { holdLease } from './holding.ts';
import { cureWhileOff } from './state-conflict.ts';
import type { Tools } from './tools.ts';

const TURN_TIMEOUT_MS = 30_000;
/** The guest has no say in the removal of a port; libvirt tells of it in some 60 ms. */
const REMOVAL_TIMEOUT_MS = 15_000;
/** An agent that is started anew by the guest's own services takes its time. */
const AGENT_TIMEOUT_MS = 60_000;
const LIVE = { live: true, config: false } as const;

/**
 * Resolves when the agent has answered over the new channel. Throws `AGENT_ABSENT` when the domain was configured without
 * one, `INSTANCE_NOT_RUNNING`, `CHANNEL_NOT_REMOVED`, and `AGENT_NOT_READY` when the channel is new and nobody answers.
 */
export async function resetChannel(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  const { id } = tools.store.instances.find(ref);
  using lease = await holdLease(tools, `instance:${id}`, 'reset-channel', {
    timeoutMs: TURN_TIMEOUT_MS,
    signal: options.signal,
  });
  const instance = tools.store.instances.find(id);
  const domain = await runningDomain(tools, instance);
  const connection = await tools.libvirt.control();
  tell(options, "detaching the agent's channel");
  await replaceChannel(connection, domain, instance);
  const agents = await tools.agents.get();
  await agents.reset(instance);
  tell(options, 'waiting for the agent');
  await agents.waitFor(instance, { timeoutMs: AGENT_TIMEOUT_MS, signal: options.signal });
  tools.log.info({ instance: instance.id, lease: lease.key }, "the agent's channel was made anew");
}

async function runningDomain(tools: Tools, instance: Instance): Promise<Domain> {
  const domain = await tools.libvirt.domain(instance);
  const { state } = await domain.state();
  if (state === 'running' || state === 'blocked') return domain;
  throw new Fault(
    'conflict',
    'INSTANCE_NOT_RUNNING',
    `Instance ${instance.name} does not run, so it has no live channel`,
    { hint: `A start makes one. ${cureWhileOff(instance)}` },
  );
}

/** From here on no signal is heeded: a domain that is left without a channel has no agent. */
async function replaceChannel(connection: Connection, domain: Domain, instance: Instance): Promise<void> {
  const live = agentChannelIn(await domain.xml());
  const wanted = live ?? agentChannelIn(await domain.xml({ inactive: true }));
  if (wanted === undefined) throw noChannel(instance);
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => await attachAgain(domain, wanted));
  if (live !== undefined) await removed(connection, domain, live, instance);
}

/** Asks for the removal and waits until libvirt has seen it happen. */
async function removed(
  connection: Connection,
  domain: Domain,
  channel: Element,
  instance: Instance,
): Promise<void> {
  const alias = attributeOf(find(channel, 'alias'), 'name');
  await using events = await connection.subscribe();
  await domain.detachDevice(serializeXml(channel), LIVE);
  try {
    await within(REMOVAL_TIMEOUT_MS, 'the channel to go', () => untilGone(events, domain, alias), {
      code: 'CHANNEL_NOT_REMOVED',
    });
  } catch (error) {
    if (!isFault(error, 'CHANNEL_NOT_REMOVED', 'LIBVIRT_EVENTS_LOST')) throw error;
    if (agentChannelIn(await domain.xml()) === undefined) return; // gone, and only the news of it was lost
    throw new Fault(
      'timeout',
      'CHANNEL_NOT_REMOVED',
      `The channel of ${instance.name} was to be detached, and is there still`,
      {
        cause: error,
        outcome: 'unknown',
        hint: `Something is wrong with QEMU or libvirt: novalet doctor; novalet reboot ${instance.name} --hard makes the channel anew in any case.`,
      },
    );
  }
}

async function untilGone(events: Subscription, domain: Domain, alias: string | undefined): Promise<void> {
  for await (const event of events) {
    if (event.kind !== 'device-removed' || event.uuid !== domain.uuid) continue;
    if (event.alias === alias) return;
  }
}

/** The same channel, unless it is still (or again) there. */
async function attachAgain(domain: Domain, channel: Element): Promise<void> {
  if (agentChannelIn(await domain.xml()) !== undefined) return;
  await domain.attachDevice(serializeXml(attachable(channel)), LIVE);
}

function agentChannelIn(xml: string): Element | undefined {
  const devices = find(parseXml(xml, "a domain's XML"), 'devices');
  if (devices === undefined) return undefined;
  return childElements(devices, 'channel').find(
    (channel) => attributeOf(find(channel, 'target'), 'name') === AGENT_PORT,
  );
}

/** The channel without what libvirt says of its state: the same socket, name and place. */
function attachable(channel: Element): Element {
  const kept = childElements(channel).filter(({ name }) => name === 'source' || name === 'address');
  return element(
    'channel',
    { type: attributeOf(channel, 'type') },
    kept,
    element('target', { type: 'virtio', name: AGENT_PORT }),
  );
}

function noChannel(instance: Instance): Fault {
  return new Fault('unsupported', 'AGENT_ABSENT', `Instance ${instance.name} was made without a channel`, {
    hint:
      instance.adoption === null
        ? 'Its image says hw_qemu_guest_agent=no: add the image without that property, and launch anew.'
        : channelHint(instance),
  });
}

function tell(options: ActOptions, what: string): void {
  options.onProgress?.({ step: 'reset-channel', phase: 'progress', what });
}
