// A guest that one test has for itself.
import { InstanceHandle } from '../app/index.ts';

/** Lives until its test has ended: what failed is to be seen on it, so the end of a block (`await using`) does not remove it. */
export class TestGuest extends InstanceHandle {
  override async [Symbol.asyncDispose](): Promise<void> {}
}
