// libvirt, typed: connections, domains, networks and events over the addon in native/.
// Importing this loads no addon; the first openConnection does.
export { loadAddon, type NodeInfo } from './addon.ts';
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
  type Affects,
  Domain,
  type DomainInfo,
  type DomainState,
  type DomainStateName,
  type DomainSummary,
  type InterfaceAddresses,
  type MetadataElement,
  type MetadataKind,
  type PowerMode,
  type UndefineOptions,
} from './domain.ts';
export {
  type AgentLifecycleEvent,
  type ClosedEvent,
  type DeviceRemovedEvent,
  type LibvirtEvent,
  type LifecycleEvent,
  type RebootEvent,
  type SubscribeOptions,
  Subscription,
} from './events.ts';
export { LibvirtFault } from './fault.ts';
export { type DhcpLease, Network, type NetworkSummary, type NetworkUpdate } from './network.ts';
