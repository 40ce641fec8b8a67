// Which steps are carried out side by side: launches that follow each other in the file. Pure but for running what it is given.
import type { ActOptions } from '../compute.ts';
import type { PlannedStep } from './planned-step.ts';

/** Of one file; how many build at once on the host is limited besides. */
const MOST_AT_ONCE = 4;

/** In the order of the steps. Of what needs nothing to be done nobody waits. */
export function batchesOf(steps: readonly PlannedStep[]): readonly (readonly PlannedStep[])[] {
  const batches: PlannedStep[][] = [];
  for (const step of steps) {
    const last = batches.at(-1);
    if (last?.every(mayRunBeside) === true && mayRunBeside(step)) last.push(step);
    else batches.push([step]);
  }
  return batches;
}

/** No launch needs another one. */
function mayRunBeside({ kind, action, acts }: PlannedStep): boolean {
  return acts.length === 0 || (kind === 'instance' && action === 'create');
}

/** Runs `act` on each, a few at a time; none is begun after one that gave `false`. What was not begun gives undefined. */
export async function sideBySide<T>(
  steps: readonly PlannedStep[],
  act: (step: PlannedStep) => Promise<T>,
  mayGoOn: (result: T) => boolean,
): Promise<ReadonlyMap<PlannedStep, T>> {
  const results = new Map<PlannedStep, T>();
  const waiting = [...steps];
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const result = await act(step);
      results.set(step, result);
      if (!mayGoOn(result)) waiting.length = 0;
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, steps.length) }, work));
  return results;
}

/** What several instances tell at the same time is told apart by their names. */
export function namedProgress(name: string, { onProgress, ...options }: ActOptions): ActOptions {
  if (onProgress === undefined) return options;
  return {
    ...options,
    onProgress: (event) =>
      onProgress({ ...event, step: `${event.step}:${name}`, what: `${name}: ${event.what}` }),
  };
}
