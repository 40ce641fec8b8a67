// What a diagnosis is, and the fault that stands for it.
import { Fault, type FaultKind } from '../../base/index.ts';

export interface Diagnosis {
  /** `healthy` is the only one that is none. `limited`: the agent answers, and not all is possible. */
  readonly state: 'healthy' | 'limited' | 'ill';
  /** A fault's code; `AGENT_READY` when healthy. */
  readonly code: string;
  readonly kind: FaultKind | null;
  /** One sentence, with the instance's name. */
  readonly sentence: string;
  /** What to do, in the order to try it; empty when healthy. */
  readonly cures: readonly string[];
  /** What was seen, one sentence each. */
  readonly evidence: readonly string[];
}

/** What stands in the way, to be thrown where it does. */
export class DiagnosisFault extends Fault {
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis, cause?: unknown) {
    super(diagnosis.kind ?? 'internal', diagnosis.code, diagnosis.sentence, {
      cause,
      hint: diagnosis.cures.join(' Else: '),
    });
    this.name = 'DiagnosisFault';
    this.diagnosis = diagnosis;
  }
}
