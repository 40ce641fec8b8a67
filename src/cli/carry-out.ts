// Carrying out the steps of a manifest: what differs is shown first, and how each step ended afterwards, also when one failed.
import type { ActOptions, ApplyStep, CarryOutOptions, Compute, StepResult } from '../compute/index.ts';
import type { Session } from './session.ts';
import { planText, resultsDocument } from './steps-document.ts';

/** `act`: the engine's action. Its fault goes on when the steps were printed. */
export async function carryOut(
  session: Session,
  act: (compute: Compute, options: CarryOutOptions) => Promise<unknown>,
): Promise<void> {
  const results: StepResult[] = [];
  let isPlanned = false;
  let told: Promise<void> | undefined;
  const onPlan = (steps: readonly ApplyStep[]) => {
    isPlanned = true;
    if (session.isTalkative) told = session.writeError(planText(steps));
  };
  try {
    await session.act((compute, options: ActOptions) =>
      act(compute, { ...options, onPlan, onResult: (result) => results.push(result) }),
    );
  } finally {
    await told;
    if (isPlanned) await session.print(resultsDocument(results));
  }
}
