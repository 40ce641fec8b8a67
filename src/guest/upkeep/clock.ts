// Setting the guest's clock to the host's, with the drift measured before and after.
import { delay, Fault, isFault } from '../../base/index.ts';
import { QapiFault } from '../../qapi/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';
import { runQuietly } from '../exec-poll.ts';
import { type GuestTime, readTime } from '../facts/system.ts';

export interface TimeSync {
  readonly before: GuestTime;
  readonly after: GuestTime;
  /**
   * `agent`: guest-set-time. `date`: that was refused, and the guest's own program did it. `nobody`: it was refused, and
   * the clock is right all the same, to half a second.
   */
  readonly by: 'agent' | 'date' | 'nobody';
  /** False where the guest's hardware clock was left as it was. */
  readonly isRtcSet: boolean;
}

/** The program sets whole seconds; the agent sets nanoseconds. More than this was not set at all. */
const TOLERANCE_MS = 500;

/**
 * Sets the guest's clock to ours: guest-set-time, and where the agent refuses that (it wants hwclock at its own place),
 * the guest's `date`. Throws `GUEST_TIME_NOT_SET` when the clock is wrong all the same.
 */
export async function syncTime(agent: AgentCaller, options: CallOptions = {}): Promise<TimeSync> {
  const before = await readTime(agent, options);
  const refusal = await setTime(agent, before.uncertaintyMs, options);
  const after = await readTime(agent, options);
  if (refusal === undefined) {
    if (isRight(after)) return { before, after, by: 'agent', isRtcSet: true };
    throw notSet(agent, after);
  }
  if (isRight(after)) return { before, after, by: 'nobody', isRtcSet: false };
  await setByProgram(agent, refusal, options);
  const now = await readTime(agent, options);
  if (!isRight(now)) throw notSet(agent, now);
  return { before, after: now, by: 'date', isRtcSet: false };
}

function isRight({ driftMs, uncertaintyMs }: GuestTime): boolean {
  return Math.abs(driftMs) <= TOLERANCE_MS + uncertaintyMs;
}

/** The agent's refusal, which may come after the clock was set: hwclock, which it runs, can fail. */
async function setTime(
  agent: AgentCaller,
  onTheWayMs: number,
  options: CallOptions,
): Promise<QapiFault | undefined> {
  try {
    const time = Math.round((Date.now() + onTheWayMs) * 1e6);
    await agent.call('guest-set-time', { time }, options);
    return undefined;
  } catch (error) {
    if (error instanceof QapiFault) return error;
    throw error;
  }
}

/** `date` knows seconds: it is started so that it runs when one begins. Throws the agent's refusal when there is no way. */
async function setByProgram(agent: AgentCaller, refusal: QapiFault, options: CallOptions): Promise<void> {
  const began = performance.now();
  await runQuietly(agent, ['date', '-u', '+%s']).catch((error: unknown) => {
    throw isFault(error) && error.kind !== 'cancelled' ? refusal : error;
  });
  const startMs = Math.min(400, (performance.now() - began) / 2);
  const second = Math.ceil((Date.now() + startMs + 20) / 1000);
  await delay(second * 1000 - Date.now() - startMs, options.signal);
  const { exitCode } = await runQuietly(agent, ['date', '-u', '-s', `@${second}`]);
  if (exitCode !== 0) throw refusal;
}

function notSet(agent: AgentCaller, { driftMs }: GuestTime): Fault {
  const drift = Math.round(driftMs);
  return new Fault(
    'refused',
    'GUEST_TIME_NOT_SET',
    `${agent.peer} set the clock, and it is off by ${drift} ms`,
    {
      hint: 'Something else in the guest sets its clock: look at chronyd, systemd-timesyncd or ntpd there.',
      details: { driftMs: drift },
    },
  );
}
