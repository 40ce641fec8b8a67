// What is different about an instance, the acts that end it, and what they ask of its guest.
import type { InstanceAct } from './planned-step.ts';
import type { Difference } from './requests.ts';

export type Need =
  /** The guest has to be off for it; somebody else turns it off and on. */
  | 'stop'
  /** It is restarted by the act itself. */
  | 'restart'
  /** A disk of its own goes out of its sight; the file is kept. */
  | 'exchange'
  /** It loses its root disk. */
  | 'rebuild'
  /** Nothing less than another instance. */
  | 'relaunch';

export interface Change {
  readonly differences: readonly Difference[];
  readonly acts: readonly InstanceAct[];
  readonly needs: readonly Need[];
}
