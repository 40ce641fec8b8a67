// The clock of a guest that stood still: it goes on from when it stopped, and nobody in the guest may notice.
import { asFault, isFault, within } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

/** After a restore libvirt has to find the agent again; it was there, or nobody waits for one. */
const AGENT_MS = 3000;
const SET_MS = 20_000;

/**
 * Sets it through the agent. A guest that has none, or one that does not answer, keeps the clock that it has, which is said in
 * the log alone: libvirt's own way (virDomainSetTime) goes through the same agent.
 */
export async function setGuestClock(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal | undefined,
): Promise<void> {
  const facts = { instance: instance.id };
  try {
    const agents = await tools.agents.get();
    if ((await agents.channelState(instance)) === 'absent') {
      tools.log.info(facts, 'the guest has no channel for an agent: its clock stays as it is');
      return;
    }
    await agents.waitFor(instance, { timeoutMs: AGENT_MS, signal });
    const { syncTime } = await import('../../guest/index.ts');
    const set = (inner: AbortSignal) => agents.use(instance, (agent) => syncTime(agent, { signal: inner }));
    const { before, by } = await within(SET_MS, `the clock of ${instance.name} to be set`, set, { signal });
    tools.log.info({ ...facts, driftMs: Math.round(before.driftMs), by }, "the guest's clock is set");
  } catch (error) {
    if (isFault(error) && error.kind === 'cancelled') throw error;
    tools.log.info({ ...facts, err: asFault(error) }, "the guest's clock was not set");
  }
}
