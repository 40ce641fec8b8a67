export {
  connect,
  InstanceHandle,
  type LaunchOptions,
  type NamedUserData,
  Novalet,
  type RebuildWishes,
  type RescueWishes,
  type TerminalOptions,
  type WishedGuest,
} from './client.ts';
export { loadSettings } from './configuration.ts';
export { ExecCall, type ExecCallOptions, type ExecText } from './exec-call.ts';
export { InstanceAgent } from './instance-agent.ts';
export { type OpenOptions, openCompute, openPreview } from './open-compute.ts';
export { type ManifestText, readManifest } from './read-manifest.ts';
export { type RunOptions, runServices, SERVICES, type Service, type ServiceName } from './run-services.ts';
export { packageVersion } from './version.ts';
