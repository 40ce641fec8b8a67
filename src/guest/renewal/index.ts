export { HOST_KEY_TYPES, type HostKey, type HostKeyType, makeHostKeys } from './host-keys.ts';
export { type Identity, type IdentityRequest, makeIdentity } from './identity.ts';
export { type PreparedGuest, type PreparePart, prepareGuest, type RenewalOptions } from './prepare.ts';
export { type Renewal, type RenewalPart, renewGuest } from './renew.ts';
export type { RenewalAgent } from './renewal-agent.ts';
export { placeReseeder } from './reseeder.ts';
