// Taking a device off a domain: out of the definition first, so that it is gone after the next start whatever happens;
// then out of the running domain, where the guest has to let it go. Rules: Nova, `_detach_with_retry`.
import { Fault, isFault, within } from '../../base/index.ts';
import type { Domain, Subscription } from '../../libvirt/index.ts';
import { type Element, serializeXml } from '../../libvirt-xml/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { counted } from '../emit-step.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { aliasOf, findDevice } from './find-device.ts';
import { requireDefined } from './require-defined.ts';

/** Nova's device_detach_attempts and device_detach_timeout. */
const TRIES = 8;
const TRY_TIMEOUT_MS = 20_000;

export interface DeviceToDetach {
  /** For people: `the disk vdb`. */
  readonly what: string;
  /** Whether a child of `<devices>` is it. */
  readonly isIt: (device: Element) => boolean;
}

export interface DetachOptions extends ActOptions {
  /** How often the guest is asked; 8 when left out. */
  readonly tries?: number;
  /** How long each time; 20 000 when left out. */
  readonly tryTimeoutMs?: number;
}

/**
 * Resolves when neither the definition nor the running domain has it; fine where they had not. A guest that keeps it leaves
 * all as it was: throws `DEVICE_NOT_DETACHED`, `DEVICE_DETACH_REFUSED`, `DOMAIN_UNDEFINED`, and libvirt's own.
 */
export async function detachDevice(
  tools: Tools,
  instance: Instance,
  device: DeviceToDetach,
  options: DetachOptions = {},
): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return;
  const defined = await findDevice(domain, 'definition', device.isIt);
  if (defined !== undefined) {
    await requireDefined(instance, domain);
    await domain.detachDevice(serializeXml(defined), { config: true });
  }
  try {
    await detachLive({ tools, instance, domain, device }, options);
  } catch (error) {
    if (defined !== undefined) await putBack(domain, defined, device);
    throw error;
  }
}

interface Detachment {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly domain: Domain;
  readonly device: DeviceToDetach;
}

/** The guest still has it, so it has it after its next start too. */
async function putBack(domain: Domain, defined: Element, device: DeviceToDetach): Promise<void> {
  if ((await findDevice(domain, 'definition', device.isIt)) !== undefined) return;
  await domain.attachDevice(serializeXml(defined), { config: true });
}

type Ending = 'gone' | 'refused' | 'silent';

async function detachLive(work: Detachment, options: DetachOptions): Promise<void> {
  const { tries = TRIES, tryTimeoutMs = TRY_TIMEOUT_MS } = options;
  const what = `waiting for the guest to let go of ${work.device.what}`;
  await counted(options, { step: 'let-go', what, timeoutMs: tries * tryTimeoutMs }, (say) =>
    askUntilGone(work, options, (number) => say(`${what}: asked ${number} of ${tries} times`)),
  );
}

async function askUntilGone(
  work: Detachment,
  options: DetachOptions,
  onAsk: (number: number) => void,
): Promise<void> {
  const { tools, domain, device } = work;
  const { tries = TRIES, signal } = options;
  const connection = await tools.libvirt.control();
  let wasAsked = false;
  let ending: Ending = 'silent';
  let problem: unknown;
  for (let number = 1; number <= tries; number += 1) {
    signal?.throwIfAborted();
    await using events = await connection.subscribe();
    const live = await liveDevice(domain, device);
    if (live === undefined) return;
    onAsk(number);
    try {
      await domain.detachDevice(serializeXml(live), { live: true });
      wasAsked = true;
    } catch (error) {
      if ((await liveDevice(domain, device)) === undefined) return;
      // QEMU refuses to be asked while it waits for the guest: who asked may be another process, that died
      const isWaiting = isFault(error, 'LIBVIRT_FAILED') && (wasAsked || number === 1);
      if (!isWaiting) throw error;
      problem = error;
    }
    ending = await heard(events, { domain, alias: aliasOf(live) }, options);
    tools.log.debug(
      { domain: domain.name, device: device.what, number, ending },
      'asked the guest for a device',
    );
  }
  if ((await liveDevice(domain, device)) === undefined) return;
  throw kept(work, { ending, tries, problem });
}

async function liveDevice(domain: Domain, device: DeviceToDetach): Promise<Element | undefined> {
  if ((await powerStateOf(domain)) === 'SHUTDOWN') return undefined;
  return await findDevice(domain, 'live', device.isIt);
}

/** What becomes of one request; `silent` also where news were lost, for whoever goes on looks again. */
async function heard(
  events: Subscription,
  wanted: { readonly domain: Domain; readonly alias: string | undefined },
  { signal, tryTimeoutMs = TRY_TIMEOUT_MS }: DetachOptions,
): Promise<Ending> {
  const listen = async (): Promise<Ending> => {
    for await (const event of events) {
      if (!('uuid' in event) || event.uuid !== wanted.domain.uuid) continue;
      if (event.kind === 'lifecycle' && event.event === 'stopped') return 'gone';
      if (!('alias' in event) || event.alias !== wanted.alias) continue;
      if (event.kind === 'device-removed') return 'gone';
      if (event.kind === 'device-removal-failed') return 'refused';
    }
    return 'silent';
  };
  try {
    return await within(tryTimeoutMs, `the guest of ${wanted.domain.name} to let a device go`, listen, {
      signal,
      code: 'DEVICE_NOT_DETACHED',
    });
  } catch (error) {
    if (isFault(error, 'DEVICE_NOT_DETACHED', 'LIBVIRT_EVENTS_LOST')) return 'silent';
    throw error;
  }
}

interface Kept {
  readonly ending: Ending;
  readonly tries: number;
  readonly problem: unknown;
}

function kept({ instance, device }: Detachment, { ending, tries, problem }: Kept): Fault {
  const { name } = instance;
  const cause = problem === undefined ? {} : { cause: problem };
  if (ending === 'refused') {
    return new Fault(
      'refused',
      'DEVICE_DETACH_REFUSED',
      `The guest of ${name} refuses to let go of ${device.what}`,
      {
        ...cause,
        hint: `See what in the guest uses it; or take it off while the guest is off: novalet stop ${name}`,
      },
    );
  }
  return new Fault(
    'timeout',
    'DEVICE_NOT_DETACHED',
    `The guest of ${name} was asked ${tries} times to let go of ${device.what}, and has it still`,
    {
      ...cause,
      outcome: 'unknown',
      hint: `A guest that is paused, still boots or hangs cannot: novalet console ${name}. Off, it has no say: novalet stop ${name}`,
    },
  );
}
