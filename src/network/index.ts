export {
  type BridgeIpv6,
  bridgeIndex,
  lookForIpv6,
  putMetadataAddress,
  takeMetadataAddress,
} from './bridge-address.ts';
export { checkAddressing, checkMac, checkNetworkRequests } from './check-request.ts';
export { ensureNetwork, type OurNetwork, previewNetwork, type UnderLease } from './ensure-network.ts';
export { type FindNetworkOptions, findNetwork } from './find-network.ts';
export type { ServedPort } from './guest-rules.ts';
export { formatSubnet, parseIpv4, parseSubnet, type Subnet } from './ipv4.ts';
export { leasesOf } from './leases.ts';
export { linkLocalOf, METADATA_ADDRESS_6 } from './link-local.ts';
export {
  metadataRules,
  metadataRulesRemoval,
  type ServedNetwork,
} from './metadata-rules.ts';
export { mayChangeRules, metadataTable, removeMetadataTraces } from './metadata-traces.ts';
export { chosenPairs, type NetworkPlace, planAddressing } from './plan-addressing.ts';
export { membersOf, planLinks } from './plan-links.ts';
export { type PortAddresses, type PortRequest, planPort, portAddresses } from './port.ts';
export { METADATA_ADDRESS } from './rule-words.ts';
export { type AddressKeeper, findAddressKeepers } from './served-networks.ts';
export { chooseSubnet } from './subnet.ts';
export type { AttachTarget, StaticLeases } from './target.ts';
