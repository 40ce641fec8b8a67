// A build plan: all that a launch will do, as one value. It can be printed, stored and compared; nothing in it is secret.
import type { Instance } from '../model/index.ts';

export interface BuildPlan {
  /** The record as it will be written first, in state `building`. */
  readonly instance: Instance;
  /** The acts in order; `launch` emits a begin and an end event for each. */
  readonly steps: readonly PlannedStep[];
  /** The domain's XML as it will be defined. */
  readonly domainXml: string;
}

export interface PlannedStep {
  readonly step: string;
  readonly what: string;
}
