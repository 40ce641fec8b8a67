// What libvirt tells by itself: events in words, and the subscription that brings them as an async iterable.
import { Fault, throwIfCancelled } from '../base/index.ts';
import type { NativeEvent } from './addon.ts';
import { type WordOf, wordOf } from './constants.ts';

interface DomainEvent {
  /** The domain's name. */
  readonly name: string;
  readonly uuid: string;
}

/** A domain was defined, started, stopped … (virDomainEventType) and why, in libvirt's words. */
export interface LifecycleEvent extends DomainEvent {
  readonly kind: 'lifecycle';
  readonly event: WordOf<'VIR_DOMAIN_EVENT_'>;
  /** A word of the event's own list: `booted`, `destroyed`, `from-snapshot` …; `unknown` for a later libvirt's. */
  readonly detail: string;
}

/** The guest's agent opened or closed its end of the channel. */
export interface AgentLifecycleEvent extends DomainEvent {
  readonly kind: 'agent-lifecycle';
  readonly state: WordOf<'VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_'>;
  readonly reason: WordOf<'VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_'>;
}

export interface RebootEvent extends DomainEvent {
  readonly kind: 'reboot';
}

export interface DeviceRemovedEvent extends DomainEvent {
  readonly kind: 'device-removed';
  /** The device's alias in the domain's XML. */
  readonly alias: string;
}

/** The connection is gone; always the last event. `client`: this process closed it. */
export interface ClosedEvent {
  readonly kind: 'closed';
  readonly reason: WordOf<'VIR_CONNECT_CLOSE_REASON_'>;
}

export type LibvirtEvent =
  | LifecycleEvent
  | AgentLifecycleEvent
  | RebootEvent
  | DeviceRemovedEvent
  | ClosedEvent;

const DEFAULT_MAX_UNREAD = 1024;

export interface SubscribeOptions {
  /** When it fires, the iteration throws `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /** Events that may wait to be read; one more ends the iteration with `LIBVIRT_EVENTS_LOST`. Default 1024. */
  readonly maxUnread?: number;
}

interface Reader {
  readonly resolve: (result: IteratorResult<LibvirtEvent, undefined>) => void;
  readonly reject: (fault: unknown) => void;
}

/**
 * The events since the subscription was made, in order, to be read once. Dispose of it to end it; it keeps the process
 * alive until then, or until the connection closes. After a fault, look again: the state may have changed unseen.
 */
export class Subscription implements AsyncIterableIterator<LibvirtEvent, undefined>, AsyncDisposable {
  readonly #unread: LibvirtEvent[] = [];
  readonly #readers: Reader[] = [];
  readonly #maxUnread: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#abort();
  #fault: unknown;
  #ended = false;
  #unsubscribe: () => Promise<void>;

  /** Only for Connection: `unsubscribe` ends the flow of events. */
  constructor(unsubscribe: () => Promise<void>, options: SubscribeOptions) {
    this.#unsubscribe = unsubscribe;
    this.#maxUnread = options.maxUnread ?? DEFAULT_MAX_UNREAD;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Takes what the addon delivers. */
  readonly listener = (event: NativeEvent): void => {
    if (event.lost) this.#end(eventsLost());
    else this.deliver(decode(event));
  };

  /** Adds an event; after `closed` the iteration ends. */
  deliver(event: LibvirtEvent): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) reader.resolve({ done: false, value: event });
    else if (this.#unread.length < this.#maxUnread || event.kind === 'closed') this.#unread.push(event);
    else this.#end(eventsLost());
    if (event.kind === 'closed') this.#end(undefined);
  }

  async next(): Promise<IteratorResult<LibvirtEvent, undefined>> {
    const event = this.#unread.shift();
    if (event !== undefined) return { done: false, value: event };
    if (this.#fault !== undefined) {
      const fault = this.#fault;
      this.#fault = undefined;
      throw fault;
    }
    if (this.#ended) return { done: true, value: undefined };
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<LibvirtEvent, undefined>>();
    this.#readers.push({ resolve, reject });
    return await promise;
  }

  async return(): Promise<IteratorResult<LibvirtEvent, undefined>> {
    await this[Symbol.asyncDispose]();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unread.length = 0;
    this.#end(undefined);
    await this.#unsubscribe();
  }

  #abort(): void {
    try {
      throwIfCancelled(this.#signal, 'libvirt events');
    } catch (fault) {
      this.#end(fault);
    }
  }

  #end(fault: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const [first, ...others] = this.#readers.splice(0);
    if (first === undefined || fault === undefined) this.#fault = fault;
    else first.reject(fault);
    if (fault === undefined) first?.resolve({ done: true, value: undefined });
    for (const reader of others) reader.resolve({ done: true, value: undefined });
    this.#unsubscribe().catch(() => undefined); // told again, and awaited, by disposal
  }
}

function eventsLost(): Fault {
  return new Fault(
    'exhausted',
    'LIBVIRT_EVENTS_LOST',
    'Events of libvirt were lost: they came faster than they were read',
    { hint: 'Subscribe again, then read the state of what is being watched.' },
  );
}

// Event::Kind of native/core/events.h, in its order.
const KINDS = ['lifecycle', 'reboot', 'device-removed', 'agent-lifecycle', 'closed'] as const;

function decode({ kind, name, uuid, first, second, alias }: NativeEvent): LibvirtEvent {
  switch (KINDS[kind]) {
    case 'lifecycle':
      return {
        kind: 'lifecycle',
        name,
        uuid,
        event: wordOf('VIR_DOMAIN_EVENT_', first),
        detail: lifecycleDetail(first, second),
      };
    case 'reboot':
      return { kind: 'reboot', name, uuid };
    case 'device-removed':
      return { kind: 'device-removed', name, uuid, alias };
    case 'agent-lifecycle':
      return {
        kind: 'agent-lifecycle',
        name,
        uuid,
        state: wordOf('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_', first),
        reason: wordOf('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_', second),
      };
    case 'closed':
      return { kind: 'closed', reason: wordOf('VIR_CONNECT_CLOSE_REASON_', first) };
    default:
      throw new Fault(
        'internal',
        'LIBVIRT_ADDON_FAILED',
        `The addon delivered an event of unknown kind ${kind}`,
      );
  }
}

function lifecycleDetail(event: number, detail: number): string {
  const word = wordOf('VIR_DOMAIN_EVENT_', event);
  switch (word) {
    case 'defined':
      return wordOf('VIR_DOMAIN_EVENT_DEFINED_', detail);
    case 'undefined':
      return wordOf('VIR_DOMAIN_EVENT_UNDEFINED_', detail);
    case 'started':
      return wordOf('VIR_DOMAIN_EVENT_STARTED_', detail);
    case 'suspended':
      return wordOf('VIR_DOMAIN_EVENT_SUSPENDED_', detail);
    case 'resumed':
      return wordOf('VIR_DOMAIN_EVENT_RESUMED_', detail);
    case 'stopped':
      return wordOf('VIR_DOMAIN_EVENT_STOPPED_', detail);
    case 'shutdown':
      return wordOf('VIR_DOMAIN_EVENT_SHUTDOWN_', detail);
    case 'pmsuspended':
      return wordOf('VIR_DOMAIN_EVENT_PMSUSPENDED_', detail);
    case 'crashed':
      return wordOf('VIR_DOMAIN_EVENT_CRASHED_', detail);
    case 'unknown':
      return 'unknown';
    default:
      return word satisfies never;
  }
}
