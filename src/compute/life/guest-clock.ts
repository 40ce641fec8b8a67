// The clock of a guest that stood still: it goes on from when it stopped, and nobody in the guest may notice.
import { asFault, isFault, within } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { counted } from '../emit-step.ts';
import type { Tools } from '../tools.ts';

const SET_MS = 20_000;

export interface ClockOptions extends ActOptions {
  /** How long the agent may take to be there; not at all when left out. */
  readonly waitMs?: number;
}

/**
 * Sets it through the agent. A guest that has none, or one that does not answer, keeps the clock that it has, which is said in
 * the log alone: libvirt's own way (virDomainSetTime) goes through the same agent.
 */
export async function setGuestClock(tools: Tools, instance: Instance, options: ClockOptions): Promise<void> {
  const facts = { instance: instance.id };
  const { waitMs, signal } = options;
  try {
    const agents = await tools.agents.get();
    const channel = await agents.channelState(instance);
    if (channel === 'absent' || (channel === 'disconnected' && waitMs === undefined)) {
      tools.log.info({ ...facts, channel }, 'the guest has no agent: its clock stays as it is');
      return;
    }
    const { syncTime } = await import('../../guest/index.ts');
    const set = (inner: AbortSignal) => agents.use(instance, (agent) => syncTime(agent, { signal: inner }));
    const step = { step: 'clock', what: "setting the guest's clock", timeoutMs: (waitMs ?? 0) + SET_MS };
    const { before, by } = await counted(options, step, async () => {
      if (waitMs !== undefined) await agents.waitFor(instance, { timeoutMs: waitMs, signal });
      return await within(SET_MS, `the clock of ${instance.name} to be set`, set, { signal });
    });
    tools.log.info({ ...facts, driftMs: Math.round(before.driftMs), by }, "the guest's clock is set");
  } catch (error) {
    if (isFault(error) && error.kind === 'cancelled') throw error;
    tools.log.info({ ...facts, err: asFault(error) }, "the guest's clock was not set");
  }
}
