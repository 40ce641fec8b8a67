// A port that is there before its instance and after it.
import type { FixedIp, PortBinding } from './port.ts';

export interface NamedPort {
  /** UUID; the instance's port has the same one while it uses it. */
  readonly id: string;
  readonly name: string;
  readonly mac: string;
  /** As it was found; a network that was made anew since may have another bridge. */
  readonly binding: PortBinding;
  /** First the one that the network keeps for it, where it keeps some; the guest is told the others. */
  readonly fixedIps: readonly FixedIp[];
  readonly createdAt: string;
}
