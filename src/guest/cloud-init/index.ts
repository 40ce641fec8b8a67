export { type AskOptions, askCloudInit, type Exec } from './ask-status.ts';
export { followRerun, RERUN_STEPS, type RerunStep, type StepEnd, startRerun } from './rerun.ts';
export type { CloudInitStage, CloudInitState, CloudInitStatus, RecoverableErrors } from './status.ts';
