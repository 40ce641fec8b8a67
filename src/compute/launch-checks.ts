// What is asked of this host before a guest is made, or made anew, that it would miss at its first boot.
import { Fault } from '../base/index.ts';
import type { Carrier } from '../model/index.ts';
import { requireHostAgent } from '../storage/index.ts';
import { type AgentWishes, looksForHostAgent } from './agent-part.ts';
import { SERVICE_LEASE, serviceNotRunning } from './carrier.ts';
import type { Tools } from './tools.ts';

/** A guest that finds no service at its first boot stays without keys, and asks for minutes. */
export function requireService({ store }: Tools, carrier: Carrier | null): void {
  if (carrier === null || carrier.service === null) return;
  const lease = store.leases.get(SERVICE_LEASE);
  if (lease === undefined || store.leases.hasDeadOwner(lease)) throw serviceNotRunning(carrier.service);
}

/** Throws `HOST_AGENT_ABSENT` and `HOST_AGENT_UNUSABLE` where a drive was asked for. */
export async function hostAgentArch({ log }: Tools, wishes: AgentWishes): Promise<string | null> {
  if (!looksForHostAgent(wishes)) return null;
  try {
    return (await requireHostAgent()).arch;
  } catch (error) {
    if (wishes.isAsked || !(error instanceof Fault)) throw error;
    log.info({ err: error }, 'no agent drive');
    return null;
  }
}
