export { Agent, type AgentOptions } from './agent.ts';
export { AgentRoad } from './agent-road/index.ts';
export { Breaker, type BreakerOptions, type BreakerState } from './breaker.ts';
export type { AgentCaller, CallOptions } from './caller.ts';
export { type AgentInfo, type CommandInfo, standing } from './capabilities.ts';
export * from './cloud-init/index.ts';
export { type SocketOpenerOptions, socketOpener } from './connect.ts';
export {
  type AuthorizedKey,
  AuthorizedKeys,
  describeKey,
  givePassword,
  type KeysOptions,
  type SetPasswordOptions,
} from './credentials/index.ts';
export { Reply } from './decode.ts';
export * from './diagnosis/index.ts';
export { ExecFault, killedFault, unkilledFault } from './exec-faults.ts';
export type { ExecOptions } from './exec-request.ts';
export { AGENT_CAPTURE_BYTES, type ExecResult } from './exec-result.ts';
export * from './facts/index.ts';
export type { GuestAddress, GuestInterface } from './facts/interfaces.ts';
export type { OsInfo } from './facts/system.ts';
export type { ReadFileOptions, WriteFileOptions } from './files.ts';
export { type Job, JobProcess, type JobRequest, Jobs } from './jobs/index.ts';
export { LaneRoad } from './lane-road/index.ts';
export { type ServerStart, type ServerStarter, startLaneServer } from './lane-server.ts';
export { AgentLink, type LinkOptions, type LinkRequestOptions } from './link.ts';
export type { ShutdownMode } from './power.ts';
export { type ChannelState, presenceFault } from './presence.ts';
export * from './renewal/index.ts';
export type {
  Digest,
  GuestProcess,
  GuestSink,
  GuestSource,
  ProcessEnd,
  ReadRequest,
  Road,
  SignalName,
  SpawnRequest,
  TerminalSize,
  Via,
  WriteRequest,
} from './road.ts';
export {
  type CopyOptions,
  type CopyReport,
  type Entry,
  type EntryKind,
  Files,
  onHost,
  type SyncDirection,
  type SyncOptions,
  type SyncPlan,
  type SyncReport,
  type TailOptions,
  type TransferProgress,
  type WriteOptions,
} from './transfer/index.ts';
export * from './upkeep/index.ts';
export { type WaitOptions, type WaitSources, type WaitStage, waitForAgent } from './wait.ts';
