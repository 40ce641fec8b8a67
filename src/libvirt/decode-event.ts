// An event as the addon delivers it, in words.
import { Fault } from '../base/index.ts';
import type { NativeEvent } from './addon.ts';
import { wordOf } from './constants.ts';
import { jobOperation } from './domain-jobs.ts';
import type { LibvirtEvent } from './events.ts';

// Event::Kind of native/core/events.h, in its order.
const KINDS = [
  'lifecycle',
  'reboot',
  'device-removed',
  'agent-lifecycle',
  'closed',
  'device-added',
  'device-removal-failed',
  'block-job',
  'job-completed',
  'watchdog',
  'io-error',
  'control-error',
  'tray-change',
] as const;

/** Throws `LIBVIRT_ADDON_FAILED` when the kind is none. */
export function decodeEvent(event: NativeEvent): LibvirtEvent {
  const { name, uuid, first, second, alias, text, params } = event;
  const kind = KINDS[event.kind];
  switch (kind) {
    case 'lifecycle':
      return {
        kind,
        name,
        uuid,
        event: wordOf('VIR_DOMAIN_EVENT_', first),
        detail: lifecycleDetail(first, second),
      };
    case 'reboot':
    case 'control-error':
      return { kind, name, uuid };
    case 'device-removed':
    case 'device-added':
    case 'device-removal-failed':
      return { kind, name, uuid, alias };
    case 'agent-lifecycle':
      return {
        kind,
        name,
        uuid,
        state: wordOf('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_', first),
        reason: wordOf('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_', second),
      };
    case 'block-job':
      return {
        kind,
        name,
        uuid,
        disk: alias,
        type: wordOf('VIR_DOMAIN_BLOCK_JOB_TYPE_', first),
        status: wordOf('VIR_DOMAIN_BLOCK_JOB_', second),
      };
    case 'job-completed':
      return { kind, name, uuid, operation: jobOperation(params), params };
    case 'watchdog':
      return { kind, name, uuid, action: wordOf('VIR_DOMAIN_EVENT_WATCHDOG_', first) };
    case 'io-error':
      return {
        kind,
        name,
        uuid,
        alias,
        action: wordOf('VIR_DOMAIN_EVENT_IO_ERROR_', first),
        reason: text,
      };
    case 'tray-change':
      return { kind, name, uuid, alias, change: wordOf('VIR_DOMAIN_EVENT_TRAY_CHANGE_', first) };
    case 'closed':
      return { kind, reason: wordOf('VIR_CONNECT_CLOSE_REASON_', first) };
    default:
      throw new Fault(
        'internal',
        'LIBVIRT_ADDON_FAILED',
        `The addon delivered an event of unknown kind ${event.kind}`,
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
