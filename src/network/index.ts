export { checkAddressing, checkMac, checkNetworkRequests } from './check-request.ts';
export { ensureNetwork, type OurNetwork, previewNetwork, type UnderLease } from './ensure-network.ts';
export { type FindNetworkOptions, findNetwork } from './find-network.ts';
export { formatSubnet, parseIpv4, parseSubnet, type Subnet } from './ipv4.ts';
export { leasesOf } from './leases.ts';
export {
  METADATA_ADDRESS,
  metadataRules,
  metadataRulesRemoval,
  type ServedNetwork,
  type ServedPort,
} from './metadata-rules.ts';
export { chosenPairs, type NetworkPlace, planAddressing } from './plan-addressing.ts';
export { membersOf, planLinks } from './plan-links.ts';
export { type PortAddresses, type PortRequest, planPort, portAddresses } from './port.ts';
export { type AddressKeeper, findAddressKeepers } from './served-networks.ts';
export { chooseSubnet } from './subnet.ts';
export type { AttachTarget, StaticLeases } from './target.ts';
