// A wait of an action: it has a deadline, a name, and, when time runs out, a diagnosis that says where the guest stood.
import { Fault, type FaultOutcome, isFault, within } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { counted, type ToldStep } from '../emit-step.ts';
import type { Tools } from '../tools.ts';
import { diagnoseStage } from './diagnosis.ts';

export interface Stage {
  /** What is waited for, to follow "waiting for": `the domain of web-1 to start`. */
  readonly stage: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly hint?: string;
  /** Whether it may have been done all the same; `unknown` when left out, since libvirt goes on with what it began. */
  readonly outcome?: FaultOutcome;
  /** How it is told of, with the seconds that are left; not at all when left out, where the caller tells of more. */
  readonly told?: ToldStep & { readonly options: ActOptions };
  /** Runs when time ran out and all has been looked at, and before the fault is thrown. What it throws becomes its cause. */
  readonly onTimeout?: () => Promise<void>;
}

/**
 * Runs `act` for at most `timeoutMs`. Then throws `STAGE_TIMEOUT`, whose details carry the diagnosis (diagnosis.ts) beside
 * `stage` and `timeoutMs`; a time-out of a stage within this one goes through with its own.
 */
export async function inStage<T>(
  tools: Tools,
  instance: Instance,
  stage: Stage,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { stage: what, timeoutMs, signal, told } = stage;
  const work = async () => await within(timeoutMs, what, act, { signal, code: 'STAGE_TIMEOUT' });
  try {
    return await (told === undefined ? work() : counted(told.options, { ...told, timeoutMs }, work));
  } catch (error) {
    if (!isFault(error, 'STAGE_TIMEOUT') || error.details['stage'] !== undefined) throw error;
    throw await timedOut(stage, error, await diagnoseStage(tools, instance));
  }
}

async function timedOut(stage: Stage, fault: Fault, found: Readonly<Record<string, string>>): Promise<Fault> {
  let cause: unknown = fault;
  try {
    await stage.onTimeout?.();
  } catch (error) {
    cause = error;
  }
  return new Fault('timeout', 'STAGE_TIMEOUT', fault.message, {
    cause,
    outcome: stage.outcome ?? 'unknown',
    ...(stage.hint === undefined ? {} : { hint: stage.hint }),
    details: { stage: stage.stage, timeoutMs: stage.timeoutMs, ...found },
  });
}
