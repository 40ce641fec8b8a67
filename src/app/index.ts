export { connect, Novalet } from './client.ts';
export { loadSettings } from './configuration.ts';
export { ExecCall, type ExecCallOptions, type ExecText } from './exec-call.ts';
export { InstanceAgent } from './instance-agent.ts';
export {
  InstanceHandle,
  type RebuildWishes,
  type RescueWishes,
  type TerminalOptions,
} from './instance-handle.ts';
export type { LaunchOptions, NamedUserData, WishedGuest } from './launch-wishes.ts';
export { type OpenOptions, openCompute, openPreview } from './open-compute.ts';
export { type ManifestText, readManifest } from './read-manifest.ts';
export { type RunOptions, runServices, SERVICES, type Service, type ServiceName } from './run-services.ts';
export {
  TemplateActions,
  TemplateInstance,
  type TemplateLaunchOptions,
  type TemplateOptions,
} from './template-actions.ts';
export { packageVersion } from './version.ts';
