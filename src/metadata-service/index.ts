export { readAsGuest } from './answer.ts';
export type { ExchangeOptions, Identification, SocketFacts } from './exchange.ts';
export type { Documents, GuestRecords } from './guest-records.ts';
export { type ListenAddress, MetadataService, type MetadataServiceOptions } from './server.ts';
export { DEFAULT_METADATA_LIMITS, type MetadataLimits } from './service-limits.ts';
