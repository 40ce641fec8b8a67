// Deleting an adopted instance: libvirt forgets the domain, and every file stays. What libvirt keeps only together with a
// domain is not thrown away here.
import { Fault, isFault } from '../base/index.ts';
import type { Domain } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import { readAdopted } from './adopted-record.ts';
import type { ActOptions } from './compute.ts';
import { inStage } from './life/in-stage.ts';
import { pullThePlug } from './power.ts';
import { isOn } from './power-state.ts';
import type { Tools } from './tools.ts';
import { unlessGone } from './unless-gone.ts';

const FORGET_MS = 60_000;

/** Files of the host that an adopted domain leaves; none for an instance that was launched. */
export function filesLeftBy({ adoption }: Instance): readonly string[] {
  return adoption === null ? [] : readAdopted(adoption.domainXml).files;
}

/** Throws `DOMAIN_KEEPS_STATE`. */
export async function takeBackAdopted(tools: Tools, instance: Instance, options: ActOptions): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) {
    await pullThePlug(tools, instance, domain, (await isOn(domain)) ? options : {});
    const stage = {
      stage: `libvirt to forget the domain of ${instance.name}`,
      timeoutMs: FORGET_MS,
      told: { step: 'forget-domain', what: 'undefining the domain', options },
    };
    await inStage(tools, instance, stage, () => undefineAlone(domain, instance));
  }
  tools.store.transaction(() => {
    tools.store.addresses.release(instance.id);
    tools.store.instances.remove(instance.id);
  });
}

async function undefineAlone(domain: Domain, instance: Instance): Promise<void> {
  const hasTpm = instance.adoption !== null && readAdopted(instance.adoption.domainXml).hasTpm;
  try {
    await unlessGone(() => domain.undefine({ nvram: 'keep', ...(hasTpm ? { tpm: 'keep' } : {}) }));
  } catch (error) {
    if (!isFault(error, 'LIBVIRT_STATE_CONFLICT')) throw error;
    throw new Fault(
      'conflict',
      'DOMAIN_KEEPS_STATE',
      `The domain ${domain.name} is off, and stays defined: libvirt keeps a saved state, snapshots or checkpoints with it`,
      {
        cause: error,
        hint: `To have novalet forget it and nothing else: novalet release ${instance.name}. To lose them: virsh undefine --managed-save --snapshots-metadata --checkpoints-metadata --keep-nvram ${domain.name}`,
      },
    );
  }
}
