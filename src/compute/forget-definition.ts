// Undefining a domain with all that libvirt keeps beside it.
import type { Domain } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import type { ActOptions } from './compute.ts';
import { inStage } from './life/in-stage.ts';
import type { Tools } from './tools.ts';
import { unlessGone } from './unless-gone.ts';

const FORGET_MS = 60_000;

/** Also variables of its firmware, saved memory, and what libvirt knows of snapshots and checkpoints. Throws `STAGE_TIMEOUT`. */
export async function forgetDefinition(
  tools: Tools,
  instance: Instance,
  domain: Domain,
  options: ActOptions = {},
): Promise<void> {
  const stage = {
    stage: `libvirt to forget the domain of ${instance.name}`,
    timeoutMs: FORGET_MS,
    told: { step: 'forget-domain', what: 'undefining the domain', options },
  };
  const everything = { nvram: 'remove', managedSave: true, snapshotsMetadata: true } as const;
  const forget = () => unlessGone(() => domain.undefine({ ...everything, checkpointsMetadata: true }));
  await inStage(tools, instance, stage, forget);
}
