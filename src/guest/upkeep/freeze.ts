// Freezing the guest's filesystems, with a way out that needs nobody: a process in the guest, started before the freeze,
// thaws them when the deadline passes, whatever has become of us and of the agent.
import { randomBytes } from 'node:crypto';
import { delay, Fault, isFault } from '../../base/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';
import { runQuietly } from '../exec-poll.ts';
import { readFrozen } from '../facts/gather.ts';

export interface FreezeOptions {
  /** After so long the guest thaws by itself. Null: only a thaw ends it. */
  readonly deadlineMs: number | null;
  /** Which ones; all that can be frozen when left out. */
  readonly mountpoints?: readonly string[] | undefined;
  /** How long freezing may take, in milliseconds: it waits for what is being written. Default 60 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Frozen {
  /** How many filesystems are frozen; never 0. */
  readonly filesystems: number;
}

/**
 * `$1`: seconds, `$2`: the name of its mark. Looks first that it can thaw at all; then leaves a process behind that
 * ends when its mark goes away, and thaws every mounted filesystem of a device when the seconds are over; and does not
 * end well before that process has said that it runs. Mount points are written with octal escapes in /proc/mounts, which
 * printf reads. Thawing one that is not frozen does nothing. There is no `${` and no `$$` in it: systemd would read them.
 */
const TIMER_SCRIPT = `
command -v fsfreeze >/dev/null && command -v sleep >/dev/null || exit 3
mark=/run/$2
: >"$mark" || exit 4
watch='left=$1
: >"$2.on"
while [ "$left" -gt 0 ]; do
  [ -e "$2" ] || exit 0
  sleep 1
  left=$((left - 1))
done
[ -e "$2" ] || exit 0
while read -r device mountpoint rest; do
  case $device in /dev/*) fsfreeze --unfreeze "$(printf %b "$mountpoint")" ;; esac
done </proc/mounts
rm -f "$2" "$2.on"'
if command -v systemd-run >/dev/null &&
  systemd-run --quiet --collect --unit "$2" -p StandardOutput=null -p StandardError=null \
    /bin/sh -c "$watch" novalet-thaw "$1" "$mark" </dev/null >/dev/null 2>&1
then :
else
  if command -v setsid >/dev/null; then own=setsid; else own=; fi
  $own /bin/sh -c "$watch" novalet-thaw "$1" "$mark" </dev/null >/dev/null 2>&1 &
fi
turns=0
until [ -e "$mark.on" ]; do
  turns=$((turns + 1))
  [ "$turns" -le 50 ] || { rm -f "$mark"; exit 5; }
  sleep 0.1 2>/dev/null || sleep 1
done`;
const END_SCRIPT = 'rm -f /run/novalet-thaw-*';

const FREEZE_TIMEOUT_MS = 60_000;
const THAW_TIMEOUT_MS = 180_000;
const THAW_ATTEMPTS = 4;
const THAW_PAUSE_MS = 2500;

/**
 * guest-fsfreeze-freeze-list. Throws `AGENT_FROZEN` when it is frozen already, `FREEZE_UNGUARDED` when the guest cannot
 * be made to thaw by itself, `FREEZE_NOTHING`, and `FREEZE_OVERDUE` when it took until the deadline. When freezing fails,
 * what was frozen is thawed again.
 */
export async function freeze(agent: AgentCaller, options: FreezeOptions): Promise<Frozen> {
  const { deadlineMs, mountpoints, timeoutMs = FREEZE_TIMEOUT_MS, signal } = options;
  if (await readFrozen(agent, { signal })) throw frozenAlready(agent);
  const began = performance.now();
  if (deadlineMs !== null) await startTimer(agent, deadlineMs, signal);
  let filesystems: number;
  try {
    const args = mountpoints === undefined ? {} : { mountpoints };
    const command = mountpoints === undefined ? 'guest-fsfreeze-freeze' : 'guest-fsfreeze-freeze-list';
    const reply = await agent.call(command, args, { timeoutMs, signal, mustFinish: true });
    filesystems = reply.integer(0, 1_000_000);
  } catch (error) {
    throw await thawedAfter(agent, error);
  }
  const tookMs = performance.now() - began;
  if (filesystems > 0 && (deadlineMs === null || tookMs < timerSeconds(deadlineMs) * 1000))
    return { filesystems };
  await thaw(agent);
  if (filesystems > 0) throw overdue(agent, tookMs);
  throw new Fault('unsupported', 'FREEZE_NOTHING', `${agent.peer} found no filesystem to freeze`, {
    hint: 'The guest has no mounted filesystem on a disk, or none of the given mount points is one.',
  });
}

/** guest-fsfreeze-thaw; gives how many filesystems were thawed, which is 0 when the guest did it by itself before. */
export async function thaw(agent: AgentCaller, options: CallOptions = {}): Promise<Frozen> {
  const reply = await agent.call('guest-fsfreeze-thaw', undefined, {
    timeoutMs: THAW_TIMEOUT_MS,
    ...options,
  });
  const filesystems = reply.integer(0, 1_000_000);
  try {
    await runQuietly(agent, ['/bin/sh', '-c', END_SCRIPT]);
  } catch (error) {
    // Without exec there is no timer; one that nobody ends finds nothing frozen at its deadline.
    if (!isFault(error) || error.kind === 'cancelled') throw error;
  }
  return { filesystems };
}

/** What the guest counts. */
function timerSeconds(deadlineMs: number): number {
  return Math.max(1, Math.ceil(deadlineMs / 1000));
}

/** The process in the guest may have thawed before the freeze, and will not thaw again. */
function overdue(agent: AgentCaller, tookMs: number): Fault {
  const took = `${Math.ceil(tookMs / 1000)} s`;
  return new Fault(
    'timeout',
    'FREEZE_OVERDUE',
    `${agent.peer} froze only after ${took}, and was thawed again`,
    {
      hint: 'Give the guest more time than that until it thaws by itself.',
    },
  );
}

async function startTimer(
  agent: AgentCaller,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const seconds = String(timerSeconds(deadlineMs));
  const mark = `novalet-thaw-${randomBytes(8).toString('hex')}`;
  let exitCode: number | null;
  try {
    ({ exitCode } = await runQuietly(agent, [
      '/bin/sh',
      '-c',
      TIMER_SCRIPT,
      'novalet-freeze',
      seconds,
      mark,
    ]));
  } catch (error) {
    if (!isFault(error) || !['refused', 'unsupported'].includes(error.kind)) throw error;
    throw unguarded(agent, 'the agent may not start a process there', error);
  }
  if (exitCode === 3) throw unguarded(agent, 'it has no fsfreeze to thaw with');
  if (exitCode !== 0)
    throw unguarded(agent, `the process that was to do it did not start (exit ${exitCode})`);
}

/** The fault that freezing met, after a thaw: a freeze whose answer was lost may be one. */
async function thawedAfter(agent: AgentCaller, error: unknown): Promise<unknown> {
  const [thawed] = await Promise.allSettled([thawSoon(agent)]);
  if (thawed.status === 'fulfilled' || !isFault(error)) return error;
  return new Fault(
    'refused',
    'FREEZE_STUCK',
    `Freezing failed, and so did thawing what was frozen by then: ${error.message}`,
    {
      cause: thawed.reason,
      outcome: 'unknown',
      hint: 'Look and thaw: novalet guest NAME doctor, then novalet thaw NAME',
    },
  );
}

/** After a lost answer the agent is left alone for a moment (breaker.ts); the thaw is worth waiting for that. */
async function thawSoon(agent: AgentCaller): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await thaw(agent);
      return;
    } catch (error) {
      if (!isFault(error, 'AGENT_UNRESPONSIVE') || attempt === THAW_ATTEMPTS) throw error;
    }
    await delay(THAW_PAUSE_MS * attempt);
  }
}

function frozenAlready(agent: AgentCaller): Fault {
  return new Fault('conflict', 'AGENT_FROZEN', `The filesystems behind ${agent.peer} are frozen already`, {
    hint: 'Somebody takes a snapshot or a backup: wait for it, or thaw them: novalet thaw NAME',
  });
}

function unguarded(agent: AgentCaller, why: string, cause?: unknown): Fault {
  return new Fault(
    'unsupported',
    'FREEZE_UNGUARDED',
    `The guest behind ${agent.peer} cannot be made to thaw by itself: ${why}`,
    {
      cause,
      hint: 'Nothing was frozen. Without that safety: novalet freeze NAME --no-deadline, and thaw it yourself.',
    },
  );
}
