// Asking the guest to sleep, and proving that two sides of a channel are in step.
import { randomInt } from 'node:crypto';
import { isFault } from '../../base/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';

export type SleepMode = 'disk' | 'ram' | 'hybrid';

/** How long a refusal may take; success has no reply. */
const REFUSAL_MS = 5000;

/** guest-suspend-*. Silence and a lost connection are how success looks. */
export async function suspendGuest(agent: AgentCaller, mode: SleepMode): Promise<void> {
  await agent.call('guest-ping', undefined, { readOnly: true });
  try {
    await agent.call(`guest-suspend-${mode}`, undefined, { timeoutMs: REFUSAL_MS });
  } catch (error) {
    const isSilence =
      isFault(error, 'AGENT_UNRESPONSIVE', 'AGENT_DISCONNECTED') && error.outcome === 'unknown';
    if (!isSilence) throw error;
  }
}

/** guest-sync: the agent gives back the number that it was given, and not one of an older request. */
export async function syncAgent(agent: AgentCaller, options: CallOptions = {}): Promise<void> {
  const id = randomInt(2 ** 47);
  const reply = await agent.call('guest-sync', { id }, { readOnly: true, ...options });
  if (reply.integer(0, 2 ** 53 - 1) !== id) reply.fail('is not the number that was sent');
}
