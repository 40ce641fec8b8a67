export { connect, type ExecText, InstanceHandle, type LaunchOptions, Novalet } from './client.ts';
export { loadSettings } from './configuration.ts';
export { type OpenOptions, openCompute } from './open-compute.ts';
export { packageVersion } from './version.ts';
