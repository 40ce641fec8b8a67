export {
  type AddressHolder,
  type AddressPool,
  type AddressRecord,
  type AddressRecords,
  type AddressWish,
  addressTaken,
  type KeptAddress,
} from './addresses.ts';
export type { FlavorRecords } from './flavors.ts';
export { encodeGuestInput, guestInputShape } from './guest-inputs.ts';
export type { ImageRecords } from './images.ts';
export { deletedMeanwhile, type InstanceRecords } from './instances.ts';
export type { HeldLease, LeaseRecord, Leases, WaitForLease } from './leases.ts';
export { macTaken, portNotFound } from './ports.ts';
export { hasEnded, lookAtProcess, ownIdentity, type ProcessIdentity } from './process-identity.ts';
export { instanceShape } from './records.ts';
export { openStore, openStoreCopy, Store } from './store.ts';
