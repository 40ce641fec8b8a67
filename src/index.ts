// novalet as a library. Everything exported here is public and versioned; nothing else is.
export {
  connect,
  ExecCall,
  type ExecCallOptions,
  type ExecText,
  InstanceAgent,
  InstanceHandle,
  type LaunchOptions,
  type NamedUserData,
  Novalet,
  type TerminalOptions,
  type WishedGuest,
} from './app/index.ts';
export { Fault, type FaultKind, isFault, Secret } from './base/index.ts';
export type {
  Compute,
  CopyOptions,
  CopyReport,
  Entry,
  ExecResult,
  Files,
  GuestAccess,
  GuestAddresses,
  GuestInterface,
  GuestProcess,
  GuestReport,
  InstanceView,
  Job,
  Jobs,
  Keys,
  ProgressEvent,
  SpawnRequest,
  SyncOptions,
  SyncReport,
  TerminalSize,
  Via,
} from './compute/index.ts';
export type { Flavor, Image, Instance, PowerState } from './model/index.ts';
