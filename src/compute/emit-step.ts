// Telling how far a longer action is, step by step.
import type { ActOptions, ProgressEvent } from './compute.ts';
import { STEP_WORDS, type Step } from './plan.ts';

export function emit(
  options: ActOptions,
  step: Step['kind'],
  phase: ProgressEvent['phase'],
  more: { readonly done?: number; readonly total?: number; readonly unit?: 'bytes' | 'percent' } = {},
): void {
  options.onProgress?.({ step, phase, what: STEP_WORDS[step], ...more });
}

/** Runs one act of an action between its events; `step` and `what` as in `ProgressEvent`. */
export async function told<T>(
  { onProgress }: ActOptions,
  step: string,
  what: string,
  act: () => Promise<T>,
): Promise<T> {
  onProgress?.({ step, phase: 'begin', what });
  const result = await act();
  onProgress?.({ step, phase: 'end', what });
  return result;
}
