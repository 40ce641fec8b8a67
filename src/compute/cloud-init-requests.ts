// What is asked of a guest's cloud-init, and what comes of it.
import type { StepEnd } from '../guest/index.ts';
import type { WaitOptions } from './compute.ts';

export interface CloudInitStatusOptions extends WaitOptions {
  /** Waits for the agent, then until cloud-init is done or has failed. False when left out. */
  readonly wait?: boolean;
}

export interface RerunOptions extends WaitOptions {
  /** Removes cloud-init's logs first. */
  readonly clearLogs?: boolean;
}

export interface CloudInitRerun {
  /** Of the guest's job that did it. */
  readonly job: string;
  /** Each with the number of errors that cloud-init counted: none. */
  readonly steps: readonly StepEnd[];
}
