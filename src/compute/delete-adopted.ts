// Deleting an adopted instance: libvirt forgets the domain, and every file stays. What libvirt keeps only together with a
// domain is not thrown away here.
import { Fault, isFault } from '../base/index.ts';
import type { Domain } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import { readAdopted } from './adopted-record.ts';
import type { Tools } from './tools.ts';
import { unlessGone } from './unless-gone.ts';

/** Files of the host that an adopted domain leaves; none for an instance that was launched. */
export function filesLeftBy({ adoption }: Instance): readonly string[] {
  return adoption === null ? [] : readAdopted(adoption.domainXml).files;
}

/** Throws `DOMAIN_KEEPS_STATE`. */
export async function takeBackAdopted(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) await undefineAlone(domain, instance);
  tools.store.transaction(() => {
    tools.store.addresses.release(instance.id);
    tools.store.instances.remove(instance.id);
  });
}

async function undefineAlone(domain: Domain, instance: Instance): Promise<void> {
  await unlessGone(() => domain.destroy(), 'LIBVIRT_STATE_CONFLICT');
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
