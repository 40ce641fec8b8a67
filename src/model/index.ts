export {
  type Addressing,
  type DhcpAddressing,
  type Ipv6Addressing,
  PLAIN_ADDRESSING,
  type Route,
  type StaticAddressing,
} from './addressing.ts';
export type { AdoptedDisk, Adoption } from './adoption.ts';
export { AGENT_WAYS, type AgentWay, agentProperty } from './agent.ts';
export {
  type AuthorizedLine,
  addAuthorizedKeys,
  authorizedLines,
  dropAuthorizedKeys,
  readAuthorizedLine,
} from './authorized-keys.ts';
export { type CpuMask, maskedCpus, parseCpuSet } from './cpu-set.ts';
export {
  type Carrier,
  DATASOURCES,
  type Datasource,
  DRIVE_DATASOURCES,
  type DriveDatasource,
  datasourceProperties,
  isServiceDatasource,
  type NetworkConfigVersion,
  NOCLOUD_SERVICE_URL,
  SEED_PLACES,
  SERVICE_DATASOURCES,
  type SeedPlace,
  type ServiceDatasource,
} from './datasource.ts';
export {
  CONFIG_DRIVE_FORMATS,
  type ConfigDriveFormat,
  configDriveFormatOf,
  type Disk,
  type DiskRole,
  VFAT_DRIVE_BYTES,
} from './disk.ts';
export { checkDiskPlace, checkHasPci, type DiskPlace } from './disk-buses.ts';
export type { DiskSnapshot, SnapshotWork } from './disk-snapshot.ts';
export { EXTRA_SPEC_KEYS, EXTRA_SPECS, NUMBERED_EXTRA_SPECS } from './extra-spec-keys.ts';
export { type ExtraSpecs, extraSpecs } from './extra-specs.ts';
export { DEFAULT_FLAVORS, type Flavor } from './flavor.ts';
export type { GuestInput, InjectedFile } from './guest-input.ts';
export {
  BOND_MODES,
  type BondLink,
  DEFAULT_MIIMON_MS,
  type GuestLink,
  type LinkRequest,
  type VlanLink,
  XMIT_HASH_POLICIES,
} from './guest-link.ts';
export {
  type CpuMode,
  DISK_BUSES,
  type DiskBus,
  type Firmware,
  type Hardware,
  type VirtType,
} from './hardware.ts';
export type { HardwareKey, KeyStatus, RawValues } from './hardware-key.ts';
export {
  type HardwareOptions,
  type HardwareProfile,
  type HardwareSwitches,
  PROFILE_SWITCHES,
  UNRECORDED_OPTIONS,
} from './hardware-options.ts';
export { DISK_FORMATS, type DiskFormat, type Image, isTrueWord } from './image.ts';
export { checkImageProperties } from './image-checks.ts';
export { type ImageProperties, imageProperties } from './image-properties.ts';
export { IMAGE_PROPERTIES, IMAGE_PROPERTY_KEYS, NUMBERED_PROPERTIES } from './image-property-keys.ts';
export {
  type Instance,
  type InstanceFault,
  type PowerState,
  TASK_STATES,
  type TaskState,
  VM_STATES,
  type VmState,
} from './instance.ts';
export { LEGACY_PROPERTY_NAMES } from './legacy-properties.ts';
export type { InstanceLock } from './lock.ts';
export type { NamedPort } from './named-port.ts';
export { nearestName } from './nearest-name.ts';
export type { AddressingRequest, NetworkRequest, StaticRequest } from './network-request.ts';
export type {
  CpuPin,
  CpuPolicy,
  CpuThreadPolicy,
  EmulatorThreadsPolicy,
  NumaPlacement,
  NumaRequest,
  NumaRequestCell,
  PlacedCell,
} from './numa-topology.ts';
export { LONGEST_SHUTDOWN_S } from './number-limits.ts';
export { missingCell } from './numbered-keys.ts';
export type { PageSize } from './page-size.ts';
export { checkPasswordHash, checkPlainPassword, checkUserName } from './password.ts';
export type { PciAliasRequest } from './pci-aliases.ts';
export { type FixedIp, networkOfPort, type Port, type PortBinding, tapName } from './port.ts';
export type { Rescue, Resize } from './rescue.ts';
export { SCHEDULING_KEYS } from './scheduling-keys.ts';
export { parseIscsiUrl, parseNbdUri } from './server-uris.ts';
export { planShare, SHARE_DRIVERS, type Share, type ShareDriver, type ShareRequest } from './share.ts';
export type { SizeMaxima } from './size-maxima.ts';
export { type KeyPair, parsePublicKey } from './ssh-key.ts';
export { parseSshKeys } from './ssh-key-file.ts';
export { checkTags } from './tags.ts';
export {
  TEMPLATE_MEMORY,
  TEMPLATE_STATES,
  type Template,
  type TemplateFile,
  type TemplateHost,
  type TemplateInside,
  type TemplateState,
} from './template.ts';
export { type Action, isLockedOut, mayBegin, TRANSITIONS } from './transitions.ts';
export { USER_DATA_MAX_BYTES, UserData } from './user-data.ts';
export type { ValueForm, ValueKind } from './value-kinds.ts';
export {
  type NetworkServer,
  serverWords,
  sourceWords,
  type Volume,
  type VolumeSource,
  volumeAlias,
} from './volume.ts';
