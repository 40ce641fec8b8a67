export { syncTime, type TimeSync } from './clock.ts';
export { type FreezeOptions, type Frozen, freeze, thaw } from './freeze.ts';
export {
  type GrownDevice,
  type GrowStep,
  type GrowTools,
  type GuestAnswer,
  growFilesystem,
} from './grow-filesystem.ts';
export { type Onlined, onlineMemory, onlineVcpus } from './online.ts';
export { type SleepMode, suspendGuest, syncAgent } from './suspend.ts';
export { type TrimmedFilesystem, trimFilesystems } from './trim.ts';
