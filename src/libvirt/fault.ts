// What libvirt's errors mean here: kind and code follow from libvirt's numbers, never from its words.
// Numbers: libvirt/virterror.h.
import { Fault, type FaultKind, type FaultOptions } from '../base/index.ts';
import { ERROR_DOMAINS, ERRORS } from './constants.ts';

/** A call that libvirt answered with an error, or could not carry to its server. */
export class LibvirtFault extends Fault {
  /** virErrorNumber. */
  readonly libvirtCode: number;
  /** virErrorDomain: the part of libvirt that reported it. */
  readonly libvirtDomain: number;
  /** virErrorLevel. */
  readonly level: number;

  constructor(meaning: Meaning, message: string, error: LibvirtError, options: FaultOptions) {
    super(meaning.kind, meaning.code, message, options);
    this.name = 'LibvirtFault';
    this.libvirtCode = error.libvirtCode;
    this.libvirtDomain = error.libvirtDomain;
    this.level = error.level;
  }
}

interface Meaning {
  readonly kind: FaultKind;
  readonly code: string;
  readonly hint?: string;
  /** Whether the request may have been carried out all the same. */
  readonly unknown?: true;
}

/** The facts that native/addon/convert.cc puts on an Error of libvirt's. */
interface LibvirtError extends Error {
  readonly libvirtCode: number;
  readonly libvirtDomain: number;
  readonly level: number;
  readonly systemErrno: number;
  readonly connectionLost: boolean;
}

const DENIED: Meaning = {
  kind: 'denied',
  code: 'LIBVIRT_DENIED',
  hint: 'Run as root or as a member of the group libvirt, or use --connect qemu:///session.',
};
const UNREACHABLE: Meaning = {
  kind: 'unavailable',
  code: 'LIBVIRT_UNREACHABLE',
  hint: 'Start libvirt: systemctl start libvirtd; without systemd: virtlogd -d; libvirtd -d.',
};
const LOST: Meaning = {
  kind: 'unavailable',
  code: 'LIBVIRT_CONNECTION_LOST',
  hint: 'libvirtd ended or was restarted: connect again.',
  unknown: true,
};
/** In session mode libvirt starts a daemon for each user by itself, and keeps its sockets in the user's own folders. */
const SESSION_HINTS: Readonly<Record<string, string>> = {
  LIBVIRT_DENIED:
    'XDG_RUNTIME_DIR must be a directory of this user; after su or sudo it often is another one: unset XDG_RUNTIME_DIR',
  LIBVIRT_UNREACHABLE: 'See whether libvirt has a daemon to start: apt install libvirt-daemon-system',
};
const STATE_CONFLICT: Meaning = { kind: 'conflict', code: 'LIBVIRT_STATE_CONFLICT' };
const XML_INVALID: Meaning = { kind: 'invalid', code: 'LIBVIRT_XML_INVALID' };
const ARGUMENT_INVALID: Meaning = { kind: 'invalid', code: 'LIBVIRT_ARGUMENT_INVALID' };
const UNSUPPORTED: Meaning = { kind: 'unsupported', code: 'LIBVIRT_UNSUPPORTED' };
const FAILED: Meaning = {
  kind: 'refused',
  code: 'LIBVIRT_FAILED',
  hint: 'novalet doctor may find the cause; the log of libvirtd, and of QEMU under /var/log/libvirt/qemu/ (session mode: ~/.cache/libvirt/qemu/log/), may say more.',
};
const NO_MEMORY: Meaning = {
  kind: 'exhausted',
  code: 'HOST_NO_MEMORY',
  hint: 'Free memory on the host, or use a smaller flavor.',
};

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [ERRORS.VIR_ERR_NO_DOMAIN, { kind: 'not-found', code: 'DOMAIN_NOT_FOUND' }],
  [ERRORS.VIR_ERR_NO_NETWORK, { kind: 'not-found', code: 'NETWORK_NOT_FOUND' }],
  [ERRORS.VIR_ERR_NO_DOMAIN_METADATA, { kind: 'not-found', code: 'DOMAIN_METADATA_NOT_FOUND' }],
  [ERRORS.VIR_ERR_DEVICE_MISSING, { kind: 'not-found', code: 'DEVICE_NOT_FOUND' }],
  [ERRORS.VIR_ERR_NO_DOMAIN_SNAPSHOT, { kind: 'not-found', code: 'DOMAIN_SNAPSHOT_NOT_FOUND' }],
  [ERRORS.VIR_ERR_NO_DOMAIN_CHECKPOINT, { kind: 'not-found', code: 'DOMAIN_CHECKPOINT_NOT_FOUND' }],
  [ERRORS.VIR_ERR_NO_DOMAIN_BACKUP, { kind: 'not-found', code: 'DOMAIN_BACKUP_NOT_FOUND' }],
  [
    ERRORS.VIR_ERR_CHECKPOINT_INCONSISTENT,
    {
      kind: 'conflict',
      code: 'DOMAIN_CHECKPOINT_INCONSISTENT',
      hint: 'Delete the checkpoint, and make a full backup.',
    },
  ],
  [ERRORS.VIR_ERR_SNAPSHOT_REVERT_RISKY, { kind: 'conflict', code: 'DOMAIN_SNAPSHOT_RISKY' }],
  [ERRORS.VIR_ERR_BLOCK_COPY_ACTIVE, STATE_CONFLICT],
  [ERRORS.VIR_ERR_INVALID_DOMAIN_SNAPSHOT, ARGUMENT_INVALID],
  [ERRORS.VIR_ERR_INVALID_DOMAIN_CHECKPOINT, ARGUMENT_INVALID],
  [ERRORS.VIR_ERR_DOM_EXIST, { kind: 'conflict', code: 'DOMAIN_EXISTS' }],
  [ERRORS.VIR_ERR_NETWORK_EXIST, { kind: 'conflict', code: 'NETWORK_EXISTS' }],
  [ERRORS.VIR_ERR_OPERATION_INVALID, STATE_CONFLICT],
  [ERRORS.VIR_ERR_RESOURCE_BUSY, { kind: 'conflict', code: 'LIBVIRT_BUSY', hint: 'Try again shortly.' }],
  [ERRORS.VIR_ERR_OPERATION_DENIED, DENIED],
  [ERRORS.VIR_ERR_AUTH_FAILED, DENIED],
  [ERRORS.VIR_ERR_AUTH_CANCELLED, DENIED],
  [ERRORS.VIR_ERR_AUTH_UNAVAILABLE, DENIED],
  [ERRORS.VIR_ERR_ACCESS_DENIED, DENIED],
  [ERRORS.VIR_ERR_XML_ERROR, XML_INVALID],
  [ERRORS.VIR_ERR_XML_DETAIL, XML_INVALID],
  [ERRORS.VIR_ERR_XML_INVALID_SCHEMA, XML_INVALID],
  [ERRORS.VIR_ERR_INVALID_ARG, ARGUMENT_INVALID],
  [ERRORS.VIR_ERR_INVALID_MAC, ARGUMENT_INVALID],
  [ERRORS.VIR_ERR_NO_SUPPORT, UNSUPPORTED],
  [ERRORS.VIR_ERR_CONFIG_UNSUPPORTED, UNSUPPORTED],
  [ERRORS.VIR_ERR_ARGUMENT_UNSUPPORTED, UNSUPPORTED],
  [ERRORS.VIR_ERR_OPERATION_UNSUPPORTED, UNSUPPORTED],
  [ERRORS.VIR_ERR_CPU_INCOMPATIBLE, UNSUPPORTED],
  [ERRORS.VIR_ERR_NO_MEMORY, NO_MEMORY],
  [
    ERRORS.VIR_ERR_OPERATION_TIMEOUT,
    {
      kind: 'timeout',
      code: 'LIBVIRT_TIMEOUT',
      hint: 'Another operation holds the domain: try again when it has ended.',
    },
  ],
  [ERRORS.VIR_ERR_OPERATION_ABORTED, { kind: 'cancelled', code: 'LIBVIRT_ABORTED' }],
  [
    ERRORS.VIR_ERR_AGENT_UNRESPONSIVE,
    {
      kind: 'unavailable',
      code: 'AGENT_UNRESPONSIVE',
      hint: 'See whether qemu-guest-agent runs inside the guest.',
      unknown: true,
    },
  ],
  [ERRORS.VIR_ERR_AGENT_UNSYNCED, { kind: 'unavailable', code: 'AGENT_UNSYNCED', hint: 'Try again.' }],
  [
    ERRORS.VIR_ERR_AGENT_COMMAND_TIMEOUT,
    {
      kind: 'timeout',
      code: 'AGENT_COMMAND_TIMEOUT',
      hint: 'The command may still run inside the guest.',
      unknown: true,
    },
  ],
  [ERRORS.VIR_ERR_AGENT_COMMAND_FAILED, { kind: 'refused', code: 'AGENT_COMMAND_FAILED' }],
  [ERRORS.VIR_ERR_NO_CONNECT, { kind: 'invalid', code: 'LIBVIRT_URI_INVALID', hint: 'Use qemu:///system.' }],
]);

// errno(3), Linux.
const EPERM = 1;
const ENOMEM = 12;
const EACCES = 13;
const ENOSPC = 28;
const EDQUOT = 122;

/** Numbers that, while a connection is being opened, only say that nobody could be reached. */
const OPENING_FAILURES: ReadonlySet<number> = new Set([
  ERRORS.VIR_ERR_SYSTEM_ERROR,
  ERRORS.VIR_ERR_RPC,
  ERRORS.VIR_ERR_INTERNAL_ERROR,
  ERRORS.VIR_ERR_OPERATION_FAILED,
]);

/** Parts of libvirt that fail while a connection is being opened only where it asks whether the user may; virErrorDomain. */
const GATEKEEPERS: ReadonlySet<number> = new Set([
  ERROR_DOMAINS.VIR_FROM_AUTH,
  ERROR_DOMAINS.VIR_FROM_DBUS, // over which polkit is asked; without a system bus only root may
  ERROR_DOMAINS.VIR_FROM_ACCESS,
  ERROR_DOMAINS.VIR_FROM_POLKIT,
]);

export interface Attempt {
  /** What was being done, for the sentence "Could not <act>: …". */
  readonly act: string;
  /** Which of libvirt's modes is being connected to. */
  readonly opening?: 'system' | 'session';
}

/** Runs one call of the addon and makes Faults of its failures. */
export async function attempt<T>(what: string | Attempt, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toFault(typeof what === 'string' ? { act: what } : what, error);
  }
}

/** The Fault that an Error of the addon stands for; anything else goes through unchanged. */
export function toFault(what: Attempt, error: unknown): unknown {
  if (!(error instanceof Error) || !('failure' in error)) return error;
  if (isLibvirtError(error)) return libvirtFault(what, error);
  const begun = 'begun' in error && error.begun === true;
  const message = `Could not ${what.act}: ${error.message}`;
  switch (error.failure) {
    case 'closed':
      return new Fault('cancelled', 'LIBVIRT_CONNECTION_CLOSED', message, {
        hint: 'The connection was closed by this process: open another one.',
        outcome: begun ? 'unknown' : 'not-done',
      });
    case 'full':
      return new Fault('exhausted', 'LIBVIRT_QUEUE_FULL', message, {
        hint: 'Wait for calls to end, or open the connection with a larger maxQueued.',
      });
    case 'aborted':
      return new Fault('cancelled', 'LIBVIRT_ABORTED', message);
    case 'overrun':
      return new Fault('exhausted', 'LIBVIRT_STREAM_OVERRUN', message, {
        hint: 'Open it again, and read it faster or with a larger maxUnread.',
      });
    case 'argument':
      return new Fault('invalid', 'LIBVIRT_ARGUMENT_INVALID', message);
    default:
      return new Fault('internal', 'LIBVIRT_ADDON_FAILED', message, { cause: error });
  }
}

function libvirtFault(what: Attempt, error: LibvirtError): LibvirtFault {
  const meaning = meaningOf(what, error);
  const hint = (what.opening === 'session' ? SESSION_HINTS[meaning.code] : undefined) ?? meaning.hint;
  return new LibvirtFault(meaning, `Could not ${what.act}: ${error.message}`, error, {
    ...(hint === undefined ? {} : { hint }),
    ...(meaning.unknown === true ? { outcome: 'unknown' } : {}),
    details: { libvirtCode: error.libvirtCode, libvirtDomain: error.libvirtDomain },
  });
}

function meaningOf(what: Attempt, error: LibvirtError): Meaning {
  if (error.connectionLost) return LOST;
  if (error.libvirtCode === ERRORS.VIR_ERR_SYSTEM_ERROR) {
    const meaning = meaningOfErrno(error.systemErrno);
    if (meaning !== undefined) return meaning;
  }
  if (what.opening !== undefined) {
    if (GATEKEEPERS.has(error.libvirtDomain)) return DENIED;
    if (OPENING_FAILURES.has(error.libvirtCode)) return UNREACHABLE;
  }
  return MEANINGS.get(error.libvirtCode) ?? FAILED;
}

function meaningOfErrno(errno: number): Meaning | undefined {
  switch (errno) {
    case EPERM:
    case EACCES:
      return DENIED;
    case ENOMEM:
      return NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
      return { kind: 'exhausted', code: 'HOST_NO_SPACE', hint: 'Free space on the host.' };
    default:
      return undefined;
  }
}

function isLibvirtError(error: Error): error is LibvirtError {
  return (
    'libvirtCode' in error &&
    typeof error.libvirtCode === 'number' &&
    'libvirtDomain' in error &&
    typeof error.libvirtDomain === 'number' &&
    'level' in error &&
    typeof error.level === 'number' &&
    'systemErrno' in error &&
    typeof error.systemErrno === 'number' &&
    'connectionLost' in error &&
    typeof error.connectionLost === 'boolean'
  );
}
