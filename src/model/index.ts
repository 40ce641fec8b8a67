export {
  type AuthorizedLine,
  addAuthorizedKeys,
  authorizedLines,
  dropAuthorizedKeys,
  readAuthorizedLine,
} from './authorized-keys.ts';
export type { Disk, DiskRole } from './disk.ts';
export { EXTRA_SPEC_KEYS, type ExtraSpecKey, type ExtraSpecStatus } from './extra-spec-keys.ts';
export { type ExtraSpecs, extraSpecs } from './extra-specs.ts';
export { DEFAULT_FLAVORS, type Flavor } from './flavor.ts';
export type { CpuMode, DiskBus, Firmware, Hardware, VirtType } from './hardware.ts';
export { DISK_FORMATS, type DiskFormat, type Image, isTrueWord } from './image.ts';
export { type ImageProperties, imageProperties } from './image-properties.ts';
export type { Instance, InstanceFault, PowerState, TaskState, VmState } from './instance.ts';
export { nearestName } from './nearest-name.ts';
export { checkPasswordHash, checkPlainPassword, checkUserName } from './password.ts';
export { type FixedIp, type Port, type PortBinding, tapName } from './port.ts';
export { type KeyPair, parsePublicKey } from './ssh-key.ts';
export { checkTags } from './tags.ts';
export { type Action, mayBegin, TRANSITIONS } from './transitions.ts';
