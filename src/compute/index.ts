export type * from './compute.ts';
export type { BuildPlan, Step } from './plan.ts';
export { isSessionMode, type Settings } from './settings.ts';
