// How what a dead process left in the middle of an action is finished or taken back, by the task that the record names.
// What is not here needs no more than to be looked at again.
import type { Instance, TaskState } from '../model/index.ts';
import type { Tools } from './tools.ts';

/** Runs under the instance's lease; may run again from the start. What it leaves of task and state is what recovery then observes. */
export type RepairTask = (tools: Tools, instance: Instance) => Promise<void>;

export const REPAIRS: Partial<Readonly<Record<NonNullable<TaskState>, () => Promise<RepairTask>>>> = {
  snapshotting: async () => (await import('./snapshots/disk-snapshots.ts')).repairSnapshots,
  exporting: async () => (await import('./backups/repair-work.ts')).repairWork,
  backing_up: async () => (await import('./backups/repair-work.ts')).repairWork,
  restoring_backup: async () => (await import('./backups/repair-work.ts')).repairWork,
  changing: async () => (await import('./devices/repair-changing.ts')).repairChanging,
  shelving: async () => (await import('./life/shelve.ts')).repairShelving,
  shelving_offloading: async () => (await import('./life/shelve.ts')).repairOffloading,
  unshelving: async () => (await import('./life/unshelve.ts')).repairUnshelving,
  attaching: async () => (await import('./devices/repair-devices.ts')).repairDevices,
  detaching: async () => (await import('./devices/repair-devices.ts')).repairDevices,
  suspending: async () => (await import('./life/suspend.ts')).repairSuspending,
  'changing-size': async () => (await import('./sizes/repair-size.ts')).repairSize,
  cloning: async () => (await import('./snapshots/repair-image.ts')).repairCopies,
  resize_prep: async () => (await import('./resize/repair-resize.ts')).repairBack,
  resize_migrating: async () => (await import('./resize/repair-resize.ts')).repairBack,
  resize_reverting: async () => (await import('./resize/repair-resize.ts')).repairBack,
  resize_finish: async () => (await import('./resize/repair-resize.ts')).repairForward,
  resize_confirming: async () => (await import('./resize/repair-resize.ts')).repairConfirm,
  image_snapshot: async () => (await import('./snapshots/repair-image.ts')).repairCopies,
  image_backup: async () => (await import('./snapshots/repair-image.ts')).repairCopies,
  rescuing: async () => (await import('./rescue/repair-rescue.ts')).repairRescue,
  unrescuing: async () => (await import('./rescue/repair-rescue.ts')).repairUnrescue,
  rebuilding: async () => (await import('./rebuild/repair-rebuild.ts')).repairBack,
  rebuild_spawning: async () => (await import('./rebuild/repair-rebuild.ts')).repairForward,
};
