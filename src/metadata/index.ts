export {
  type Addressing,
  type DhcpAddressing,
  type InjectedFile,
  type Ipv6Addressing,
  type KeyPair,
  parsePublicKey,
  type Route,
  type StaticAddressing,
  USER_DATA_MAX_BYTES,
  UserData,
} from '../model/index.ts';
export { type AgentConfig, vendorDocument } from './agent-config.ts';
export { checkWishes } from './cloud-config/check-wishes.ts';
export { type GuestConfig, guestConfig } from './cloud-config/guest-config.ts';
export type { GuestWishes, WishedFor, WrittenFile } from './cloud-config/guest-wishes.ts';
export {
  type DocumentsByPath,
  documentsOnDemand,
  metadataDocuments,
} from './documents.ts';
export { fullHostname, sanitizeHostname } from './hostname.ts';
export { checkInjectedFiles } from './injected-files.ts';
export { checkMeta } from './instance-meta.ts';
export type { Audience, JsonValue } from './json.ts';
export {
  DEFAULT_AVAILABILITY_ZONE,
  DEFAULT_DHCP_DOMAIN,
  type MetadataInput,
  type MetadataNic,
  RANDOM_SEED_BYTES,
  type TaggedDevice,
  type TaggedDisk,
  type TaggedNic,
} from './metadata-input.ts';
export { networkConfig } from './network-config.ts';
export { noCloudDocuments } from './nocloud.ts';
export { keysByName } from './openstack.ts';
export { openPostedPassword } from './posted-password.ts';
export { serviceDocuments } from './service-documents.ts';
export { saltFrom, sha512Crypt } from './sha512-crypt.ts';
export { type ComposedUserData, composeUserData } from './user-data/compose-user-data.ts';
export type { UserDataFile } from './user-data/part.ts';
