// Setting the guest's clock to the host's, with the drift measured before and after.
import { Fault } from '../../base/index.ts';
import { QapiFault } from '../../qapi/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';
import { type GuestTime, readTime } from '../facts/system.ts';

export interface TimeSync {
  readonly before: GuestTime;
  readonly after: GuestTime;
  /** False where the agent set the clock and then could not write it to the guest's hardware clock. */
  readonly isRtcSet: boolean;
}

/** A drift that the round trip does not explain, and that setting the clock should have taken away. */
const TOLERANCE_MS = 1000;

/** guest-set-time with the host's time. Throws `GUEST_TIME_NOT_SET` when the clock is wrong all the same. */
export async function syncTime(agent: AgentCaller, options: CallOptions = {}): Promise<TimeSync> {
  const before = await readTime(agent, options);
  const refusal = await setTime(agent, before.uncertaintyMs, options);
  const after = await readTime(agent, options);
  if (Math.abs(after.driftMs) <= TOLERANCE_MS + after.uncertaintyMs) {
    return { before, after, isRtcSet: refusal === undefined };
  }
  if (refusal !== undefined) throw refusal;
  throw new Fault(
    'refused',
    'GUEST_TIME_NOT_SET',
    `The clock of ${agent.peer.replace(/^the agent of /, '')} is off by ${Math.round(after.driftMs)} ms after it was set`,
    {
      hint: 'Something else in the guest sets its clock: look at chronyd, systemd-timesyncd or ntpd there.',
      details: { driftMs: after.driftMs },
    },
  );
}

/** The agent's refusal, which may come after the clock was set: it runs hwclock, and not every guest has it. */
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
