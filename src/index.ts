// novalet as a library. Everything exported here is public and versioned; nothing else is.
export {
  connect,
  ExecCall,
  type ExecCallOptions,
  type ExecText,
  InstanceHandle,
  type LaunchOptions,
  Novalet,
  type TerminalOptions,
} from './app/index.ts';
export { Fault, type FaultKind, isFault, Secret } from './base/index.ts';
export type {
  Compute,
  ExecResult,
  GuestAccess,
  GuestAddresses,
  GuestInterface,
  GuestProcess,
  InstanceView,
  ProgressEvent,
  SpawnRequest,
  TerminalSize,
  Via,
} from './compute/index.ts';
export type { Flavor, Image, Instance, PowerState } from './model/index.ts';
