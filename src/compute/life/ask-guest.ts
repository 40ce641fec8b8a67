// Asking a guest to power off or to reboot: by its agent, then by ACPI. A guest that cannot be asked, or does not listen, is
// no failure here: the plug is the next road.
import { asFault, isFault, within } from '../../base/index.ts';
import type { Domain, LibvirtEvent, Subscription } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';

/**
 * How long the guest has after it was asked before it is asked again, nova.conf [compute]shutdown_retry_interval; less where its
 * whole time is short, so that every road has its turn.
 */
const RETRY_MS = 10_000;
const LEAST_TURNS = 3;
/** In less nobody could heed anything; so much may be left where a turn's timer fired a little before its time. */
const LEAST_TURN_MS = 100;

export interface Asking {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Called before the guest is asked; `number` counts the askings on that road. */
  readonly onAsk?: (road: Road, number: number) => void;
}

export type Road = 'agent' | 'acpi';

/**
 * Whether the guest powered off by itself within `timeoutMs`. Its agent is asked first; when that cannot be, or nothing came of
 * it, the power button is pressed, again and again as Nova does: some guests heed it only once they are awake.
 */
export async function shutDownGuest(
  tools: Tools,
  instance: Instance,
  domain: Domain,
  asking: Asking,
): Promise<boolean> {
  await using events = await (await tools.libvirt.control()).subscribe();
  const isOff = heard(events, domain, (event) => event.kind === 'lifecycle' && event.event === 'stopped');
  const deadline = performance.now() + asking.timeoutMs;
  const turnMs = Math.min(RETRY_MS, asking.timeoutMs / LEAST_TURNS);
  let road: Road = 'agent';
  for (let number = 0; ; number += 1) {
    const leftMs = deadline - performance.now();
    if (leftMs < LEAST_TURN_MS) return await isShutDown(domain);
    asking.onAsk?.(road, Math.max(1, number));
    const listening = { timeoutMs: Math.min(turnMs, leftMs), signal: asking.signal };
    const asked = ask(tools, instance, (side) => side.shutdown([road]), road);
    const outcome = await firstOf(domain, listening, isOff, road === 'agent' ? asked : undefined);
    if (outcome === 'heard' || (await isShutDown(domain))) return true;
    tools.log.info({ domain: domain.name, road, outcome }, 'the guest did not power off');
    road = 'acpi';
  }
}

/**
 * Whether the guest began to reboot within `timeoutMs`. The power button is the road of guests without an agent only: libvirt
 * then turns the next power-off into a reset, also one that the guest does by its own wish much later.
 */
export async function rebootGuest(
  tools: Tools,
  instance: Instance,
  domain: Domain,
  asking: Asking,
): Promise<boolean> {
  await using events = await (await tools.libvirt.control()).subscribe();
  let isOff = false; // it will not come back by itself, whoever switched it off
  const isRebooting = heard(events, domain, (event) => {
    isOff = event.kind === 'lifecycle' && event.event === 'stopped';
    return isOff || event.kind === 'reboot';
  });
  const deadline = performance.now() + asking.timeoutMs;
  for (const road of ['agent', 'acpi'] as const) {
    const listening = { timeoutMs: deadline - performance.now(), signal: asking.signal };
    if (listening.timeoutMs <= 0) return false;
    asking.onAsk?.(road, 1);
    const asked = ask(tools, instance, (side) => side.reboot([road]), road);
    const outcome = await firstOf(domain, listening, isRebooting, asked);
    if (outcome !== 'unheeded') return outcome === 'heard' && !isOff;
  }
  return false;
}

/**
 * `heard`: the event came. `unheeded`: the guest cannot be asked on this road. `silent`: time is up. That a guest was asked
 * says nothing yet: libvirt's call of an agent that takes the request and does nothing returns after a minute.
 */
async function firstOf(
  domain: Domain,
  { timeoutMs, signal }: Asking,
  event: Promise<boolean>,
  asked: Promise<boolean> | undefined,
): Promise<'heard' | 'unheeded' | 'silent'> {
  const { promise: unheeded, resolve } = Promise.withResolvers<'unheeded'>();
  void asked?.then((wasAsked) => (wasAsked ? undefined : resolve('unheeded')));
  const { promise: came, resolve: hear } = Promise.withResolvers<'heard'>();
  void event.then((isHeard) => (isHeard ? hear('heard') : undefined)); // events that were lost leave it to the clock
  const first = () => Promise.race([came, unheeded]);
  try {
    return await within(timeoutMs, `the guest of ${domain.name}`, first, { signal, code: 'GUEST_DEAF' });
  } catch (error) {
    if (isFault(error, 'GUEST_DEAF')) return 'silent';
    throw error;
  }
}

/** Whether the request went out. An agent is asked over the connection where only slow agents are in one another's way. */
async function ask(
  tools: Tools,
  instance: Instance,
  request: (domain: Domain) => Promise<void>,
  road: Road,
): Promise<boolean> {
  try {
    await request(await tools.libvirt.domain(instance, road === 'agent' ? 'slow agents' : 'control'));
    return true;
  } catch (error) {
    tools.log.info(
      { err: asFault(error), domain: instance.domainName, road },
      'the guest could not be asked',
    );
    return false;
  }
}

/** Whether the event about this domain came before the subscription ended. */
async function heard(
  events: Subscription,
  domain: Domain,
  isIt: (event: LibvirtEvent) => boolean,
): Promise<boolean> {
  try {
    for await (const event of events)
      if ('uuid' in event && event.uuid === domain.uuid && isIt(event)) return true;
    return false;
  } catch (error) {
    if (isFault(error, 'LIBVIRT_EVENTS_LOST')) return false; // whoever waits looks at the domain
    throw error;
  }
}

async function isShutDown(domain: Domain): Promise<boolean> {
  return (await powerStateOf(domain)) === 'SHUTDOWN';
}
