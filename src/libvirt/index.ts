// libvirt, typed: connections, domains, networks and events over the addon in native/.
// Importing this loads no addon; the first openConnection does.
export { loadAddon, type NodeInfo } from './addon.ts';
export type { Affects } from './affects.ts';
export {
  Connection,
  type CreateDomainOptions,
  type KeepAlive,
  type ListOptions,
  type OpenOptions,
  openConnection,
} from './connection.ts';
export {
  type AddressSource,
  Domain,
  type DomainInfo,
  type DomainState,
  type DomainStateName,
  type DomainSummary,
  type InterfaceAddresses,
  type KeyCodeset,
  type MetadataElement,
  type MetadataKind,
  type PowerMode,
  type Screenshot,
  type UndefineOptions,
  type VcpuAffects,
} from './domain.ts';
export type {
  BlockCommitOptions,
  BlockCopyOptions,
  BlockInfo,
  BlockJob,
  BlockRebaseOptions,
  DomainBlock,
} from './domain-block.ts';
export type { DomainJob, DomainJobs } from './domain-jobs.ts';
export type {
  DeleteOptions,
  DomainCheckpoints,
  DomainSnapshots,
  RevertOptions,
  SnapshotCreateOptions,
} from './domain-snapshots.ts';
export {
  type AgentLifecycleEvent,
  type BlockJobEvent,
  type ClosedEvent,
  type ControlErrorEvent,
  type DeviceAddedEvent,
  type DeviceRemovalFailedEvent,
  type DeviceRemovedEvent,
  type IoErrorEvent,
  type JobCompletedEvent,
  type LibvirtEvent,
  type LifecycleEvent,
  type RebootEvent,
  type SubscribeOptions,
  Subscription,
  type TrayChangeEvent,
  type WatchdogEvent,
} from './events.ts';
export { LibvirtFault } from './fault.ts';
export { FilePipe, type FilePipeSource, openFilePipe, type PipeFed } from './file-pipe.ts';
export type { TypedValues } from './native-domain.ts';
export { type DhcpLease, Network, type NetworkSummary, type NetworkUpdate } from './network.ts';
export type { RestoreOptions, SaveOptions } from './saved.ts';
export type {
  DomainStats,
  DomainStatsOptions,
  NodeCpuStats,
  NodeMemoryStats,
  StatsGroup,
} from './statistics.ts';
export type { Stream, StreamOptions } from './stream.ts';
