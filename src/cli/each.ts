// One action on several instances, one after the other: a failure of one does not keep the others from it.
import { asFault, type Fault } from '../base/index.ts';
import type { ActOptions, Compute } from '../compute/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { formatFailure } from './failure.ts';
import type { Session } from './session.ts';

/** What is left to say of one instance when the action worked; printed as it is to programs. */
export interface Outcome {
  readonly name: string;
}

type Act = (compute: Compute, ref: string, options: ActOptions) => Promise<Outcome>;

/**
 * Acts on each and prints the outcomes as one list to programs, as notes that begin with `done` ("Started") to
 * people. What failed is told as `tellFaults` does.
 */
export async function actOnEach(
  session: Session,
  refs: readonly string[],
  done: string,
  act: Act,
): Promise<void> {
  const outcomes: Outcome[] = [];
  const faults: Fault[] = [];
  const acting = session.act(async (compute, options) => {
    for (const ref of new Set(refs)) {
      if (options.signal?.aborted) break;
      try {
        outcomes.push(await act(compute, ref, options));
      } catch (error) {
        faults.push(asFault(error));
      }
    }
    if (faults[0] !== undefined) throw faults[0]; // so that the progress shows what failed
  });
  await acting.catch((error: unknown) => {
    if (!faults.includes(asFault(error))) faults.unshift(asFault(error));
  });
  for (const outcome of outcomes) await session.note(`${done} ${outcome.name}`);
  if (session.options.output !== 'table') await session.print({ data: outcomes, text: () => '' });
  await tellFaults(session, faults);
}

/**
 * Ends a command of several acts: throws the fault of one that failed alone; several are told on stderr, in their order, and
 * the exit status is that of the first.
 */
export async function tellFaults(session: Session, faults: readonly Fault[]): Promise<void> {
  const [first, ...others] = faults;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const { output, debug = false } = session.options;
  for (const fault of faults)
    await session.writeError(formatFailure(fault, { output, debug, exitCode: EXIT_CODES[fault.kind] }));
  const { exitCode: ofSignal } = session.interrupt;
  session.exitCode = (first.kind === 'cancelled' ? ofSignal : undefined) ?? EXIT_CODES[first.kind];
}
