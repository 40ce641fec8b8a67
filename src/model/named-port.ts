// A port that is there before its instance and after it.
import type { FixedIp, PortBinding } from './port.ts';

export interface NamedPort {
  /** UUID; the instance's port has the same one while it uses it. */
  readonly id: string;
  readonly name: string;
  readonly mac: string;
  /** As it was found; a network that was made anew since may have another bridge. */
  readonly binding: PortBinding;
  /** At most one: kept for it where the network keeps addresses, else told to the guest. */
  readonly fixedIps: readonly FixedIp[];
  readonly createdAt: string;
}
