// Pausing: the processors stand still, and all else of the guest stays where it is.
import type { ActOptions } from '../compute.ts';
import { holdInstance } from '../holding.ts';
import { setState } from '../set-state.ts';
import type { Tools } from '../tools.ts';
import { setGuestClock } from './guest-clock.ts';
import { inStage } from './in-stage.ts';

const TIMEOUT_MS = 60_000;

export async function pauseInstance(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'pause', { state: 'pausing', ...options });
  const { instance } = held;
  const domain = await tools.libvirt.domain(instance);
  const stage = {
    stage: `the processors of ${instance.name} to stop`,
    timeoutMs: TIMEOUT_MS,
    signal: options.signal,
    told: { step: 'pause', what: 'stopping the processors', options },
  };
  await inStage(tools, instance, stage, () => domain.suspend());
  setState(tools, instance, 'paused');
}

export async function unpauseInstance(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'unpause', { state: 'unpausing', ...options });
  const { instance } = held;
  const domain = await tools.libvirt.domain(instance);
  const stage = {
    stage: `the processors of ${instance.name} to go on`,
    timeoutMs: TIMEOUT_MS,
    signal: options.signal,
    told: { step: 'unpause', what: 'letting the processors go on', options },
  };
  await inStage(tools, instance, stage, () => domain.resume());
  setState(tools, instance, 'active');
  await setGuestClock(tools, instance, options);
}
