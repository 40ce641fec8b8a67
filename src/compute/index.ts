export type * from './compute.ts';
export type { BuildPlan, PlannedStep } from './plan.ts';
export { isSessionMode, type Settings } from './settings.ts';
