// novalet as a library. Everything exported here is public and versioned; nothing else is.
export { connect, type ExecText, InstanceHandle, type LaunchOptions, Novalet } from './app/index.ts';
export { Fault, type FaultKind, isFault, Secret } from './base/index.ts';
export type {
  Compute,
  ExecResult,
  GuestAddresses,
  GuestInterface,
  InstanceView,
  ProgressEvent,
} from './compute/index.ts';
export type { Flavor, Image, Instance, PowerState } from './model/index.ts';
