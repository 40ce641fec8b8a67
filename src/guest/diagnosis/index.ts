export { BOOT_TAIL_BYTES, type BootStage, type ConsoleSigns, readConsole } from './boot-stage.ts';
export { diagnose } from './diagnose.ts';
export { type Diagnosis, DiagnosisFault } from './diagnosis.ts';
export type { Confinement, Observed, Probe } from './observed.ts';
export { policyCures } from './policy.ts';
