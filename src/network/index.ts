export {
  type BridgeIpv6,
  bridgeIndex,
  lookForIpv6,
  putMetadataAddress,
  takeMetadataAddress,
} from './bridge-address.ts';
export { checkAddressing, checkMac, checkMtu, checkNetworkRequests } from './check-request.ts';
export type { OurNetwork } from './describe-network.ts';
export {
  createNetwork,
  ensureNetwork,
  networkLease,
  previewNetwork,
  type UnderLease,
  wakeNetwork,
} from './ensure-network.ts';
export { type FindNetworkOptions, findNetwork } from './find-network.ts';
export type { ServedPort } from './guest-rules.ts';
export { isBridge } from './host-links.ts';
export { formatSubnet, parseIpv4, parseSubnet, type Subnet, subnetOf } from './ipv4.ts';
export { leasesOf } from './leases.ts';
export { linkLocalOf, METADATA_ADDRESS_6 } from './link-local.ts';
export { stateOfNetwork } from './mark.ts';
export {
  metadataRules,
  metadataRulesRemoval,
  type ServedNetwork,
} from './metadata-rules.ts';
export { mayChangeRules, metadataTable, removeMetadataTraces } from './metadata-traces.ts';
export { chosenPairs, type NetworkPlace, planAddressing } from './plan-addressing.ts';
export { membersOf, planLinks } from './plan-links.ts';
export { type PortAddresses, type PortRequest, planPort, portAddresses } from './port.ts';
export { type FoundNetwork, readNetworks, readOneNetwork } from './read-networks.ts';
export { METADATA_ADDRESS } from './rule-words.ts';
export { type AddressKeeper, findAddressKeepers } from './served-networks.ts';
export { chooseSubnet } from './subnet.ts';
export { type AttachTarget, type StaticLeases, staticLeasesOf } from './target.ts';
