// The record of an instance as its export has it: stopped, unlocked, without what lies elsewhere. Pure.
import type { Instance, VmState, Volume } from '../../model/index.ts';

export interface ExportedRecord {
  readonly record: Instance;
  /** What belongs to the instance and is not in the file, each in words for a person. */
  readonly leftOut: readonly string[];
}

/** `state`: the one that it is in while it is exported; `snapshots`: names of those that are in its disks. */
export function exportedRecord(
  instance: Instance,
  state: VmState,
  snapshots: readonly string[],
): ExportedRecord {
  const volumes = instance.volumes.flatMap(portable);
  const left = instance.volumes.filter(({ source }) => source !== null && source.kind !== 'own');
  return {
    record: {
      ...instance,
      vmState: 'stopped',
      taskState: null,
      fault: null,
      lock: null,
      volumes,
      shares: [],
      rescue: null,
      resize: null,
    },
    leftOut: [
      ...(snapshots.length === 0 ? [] : [`its disk snapshots: ${snapshots.join(', ')}`]),
      ...(state === 'suspended' ? ['the memory that it was suspended with: it is exported as stopped'] : []),
      ...left.map(
        ({ target, source }) => `the disk ${target}, which is no file of its own (${source?.kind})`,
      ),
      ...instance.shares.map(({ tag }) => `the shared folder ${tag}`),
    ],
  };
}

/** A file of its own, whose copy is a qcow2 whatever it was; or an empty drive. */
function portable(volume: Volume): readonly Volume[] {
  const { source } = volume;
  if (source === null) return [volume];
  return source.kind === 'own' ? [{ ...volume, source: { ...source, format: 'qcow2' } }] : [];
}
