// Undefining a domain with all that libvirt keeps beside it.
import type { Domain } from '../libvirt/index.ts';
import { unlessGone } from './unless-gone.ts';

/** Also variables of its firmware, saved memory, and what libvirt knows of snapshots and checkpoints. */
export async function forgetDefinition(domain: Domain): Promise<void> {
  await unlessGone(() =>
    domain.undefine({
      nvram: 'remove',
      managedSave: true,
      snapshotsMetadata: true,
      checkpointsMetadata: true,
    }),
  );
}
