// Asking the guest to go down, through the agent.
import { isFault } from '../base/index.ts';
import type { AgentCaller } from './caller.ts';

export type ShutdownMode = 'halt' | 'powerdown' | 'reboot';

/** How long a refusal may take; success has no reply, so this is also how long the call takes when it works. */
const REFUSAL_MS = 2000;

/** Agent.shutdown. Silence and a lost connection are how success looks; what comes before the request is a fault. */
export async function shutdown(agent: AgentCaller, mode: ShutdownMode): Promise<void> {
  await agent.call('guest-ping', undefined, { readOnly: true });
  try {
    await agent.call('guest-shutdown', { mode }, { timeoutMs: REFUSAL_MS });
  } catch (error) {
    const isSilence =
      isFault(error, 'AGENT_UNRESPONSIVE', 'AGENT_DISCONNECTED') && error.outcome === 'unknown';
    if (!isSilence) throw error;
  }
}
