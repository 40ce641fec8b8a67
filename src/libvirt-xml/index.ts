export { type PushedDisk, pushBackupElement } from './backup.ts';
export {
  type Capabilities,
  type GuestSupport,
  type HostCell,
  type HostCpu,
  readCapabilities,
  readCpuSet,
} from './capabilities.ts';
export { checkpointElement } from './checkpoint.ts';
export { type ClonedDisk, type ClonedDomain, clonedDomainXml } from './cloned-domain.ts';
export type * from './devices.ts';
export { channelElement, deviceElement, diskSourceElement } from './devices.ts';
export {
  type CpuTopology,
  type Domain,
  type DomainClock,
  type DomainCpu,
  type DomainFeature,
  type DomainOs,
  domainElement,
  type Enlightenment,
  type Loader,
  type MaxPhysAddr,
  type Sysinfo,
} from './domain.ts';
export { type DomainCapabilities, readDomainCapabilities } from './domain-capabilities.ts';
export {
  attributeOf,
  childElements,
  type Element,
  element,
  find,
  isElement,
  textElement,
  textOf,
  type XmlNode,
} from './element.ts';
export {
  type ForeignDisk,
  type ForeignDomain,
  type ForeignFirmware,
  type ForeignInterface,
  readForeignDomain,
} from './foreign-domain.ts';
export {
  AGENT_PORT,
  type ChannelFacts,
  type DiskFacts,
  type InterfaceFacts,
  type LiveDomainFacts,
  laneNumber,
  lanePort,
  liveDomainFacts,
  type VncFacts,
} from './live-domain.ts';
export {
  type DhcpHost,
  type DhcpRange,
  type Network,
  type NetworkIp,
  networkElement,
  readNetwork,
} from './network.ts';
export { type ParseLimits, parseXml } from './parse.ts';
export type { CpuTune, GuestCell, MemoryBacking, NumaTune } from './placement.ts';
export { serializeXml } from './serialize.ts';
