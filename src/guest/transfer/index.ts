export type { CopyOptions, CopyReport } from './copy-options.ts';
export type { Entry, EntryKind } from './entries.ts';
export { Files, type WriteOptions } from './files.ts';
export type { TailOptions } from './follow.ts';
export type { Act } from './guest-side.ts';
export { onHost } from './host-faults.ts';
export type { OnProgress, TransferProgress } from './meter.ts';
export type { SyncDirection, SyncOptions, SyncReport } from './sync.ts';
export type { SyncPlan } from './sync-plan.ts';
