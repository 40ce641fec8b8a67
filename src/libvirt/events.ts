// What libvirt tells by itself: events in words, and the subscription that brings them as an async iterable.
import { Fault, throwIfCancelled } from '../base/index.ts';
import type { NativeEvent } from './addon.ts';
import type { WordOf } from './constants.ts';
import { decodeEvent } from './decode-event.ts';
import type { DomainJob } from './domain-jobs.ts';
import type { TypedValues } from './native-domain.ts';

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

/** A device that was attached to a running domain is there. */
export interface DeviceAddedEvent extends DomainEvent {
  readonly kind: 'device-added';
  readonly alias: string;
}

/** The guest did not let the device go. */
export interface DeviceRemovalFailedEvent extends DomainEvent {
  readonly kind: 'device-removal-failed';
  readonly alias: string;
}

/** A job of a disk is ready to be ended, or has ended. */
export interface BlockJobEvent extends DomainEvent {
  readonly kind: 'block-job';
  /** The disk's target, such as `vda`. */
  readonly disk: string;
  readonly type: WordOf<'VIR_DOMAIN_BLOCK_JOB_TYPE_'>;
  readonly status: WordOf<'VIR_DOMAIN_BLOCK_JOB_'>;
}

/** The domain's job has ended; how, is in `params` (`success`, `errmsg`). */
export interface JobCompletedEvent extends DomainEvent {
  readonly kind: 'job-completed';
  readonly operation: DomainJob['operation'];
  readonly params: TypedValues;
}

/** The guest's watchdog ran out, and what is done about it. */
export interface WatchdogEvent extends DomainEvent {
  readonly kind: 'watchdog';
  readonly action: WordOf<'VIR_DOMAIN_EVENT_WATCHDOG_'>;
}

/** A disk's image could not be read or written. */
export interface IoErrorEvent extends DomainEvent {
  readonly kind: 'io-error';
  /** The disk's alias, such as `virtio-disk0`. */
  readonly alias: string;
  readonly action: WordOf<'VIR_DOMAIN_EVENT_IO_ERROR_'>;
  /** `enospc`, or empty when QEMU gave none. */
  readonly reason: string;
}

/** Libvirt no longer understands what QEMU says: stop the domain. */
export interface ControlErrorEvent extends DomainEvent {
  readonly kind: 'control-error';
}

/** The tray of a CD-ROM drive moved. */
export interface TrayChangeEvent extends DomainEvent {
  readonly kind: 'tray-change';
  /** The drive's alias. */
  readonly alias: string;
  readonly change: WordOf<'VIR_DOMAIN_EVENT_TRAY_CHANGE_'>;
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
  | DeviceAddedEvent
  | DeviceRemovalFailedEvent
  | BlockJobEvent
  | JobCompletedEvent
  | WatchdogEvent
  | IoErrorEvent
  | ControlErrorEvent
  | TrayChangeEvent
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
    else this.deliver(decodeEvent(event));
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
