export type {
  AgentArguments,
  AgentCommandName,
  CloudInitStage,
  CloudInitState,
  CloudInitStatus,
  CopyOptions,
  CopyReport,
  Diagnosis,
  Entry,
  Files,
  Frozen,
  GuestFacts,
  GuestProcess,
  GuestRoutes,
  GuestTime,
  Job,
  Jobs,
  Onlined,
  ProcessEnd,
  RecoverableErrors,
  SignalName,
  SpawnRequest,
  SyncOptions,
  SyncReport,
  TerminalSize,
  TimeSync,
  Told,
  TrimmedFilesystem,
  Via,
} from '../guest/index.ts';
export { SERVICE_LEASE } from './carrier.ts';
export type { PciSettings } from './choose-pci.ts';
export type * from './compute.ts';
export { Engine } from './engine.ts';
export { LaunchPreview } from './launch-preview.ts';
export type { EngineOptions } from './make-tools.ts';
export { type BuildPlan, STEP_WORDS, type Step } from './plan.ts';
export {
  type ClaimSettings,
  DEFAULT_HARDWARE,
  type HardwareSettings,
  isSessionMode,
  type Settings,
  VNC_SOCKET,
} from './settings.ts';
export type { Log } from './tools.ts';
