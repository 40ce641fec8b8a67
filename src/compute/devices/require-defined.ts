// Whether a domain is still defined: one that somebody undefined while it ran goes on, takes no change that lasts, and is gone
// when its guest ends.
import { Fault } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import { type Instance, mayBegin } from '../../model/index.ts';
import { cureWhileOff } from '../state-conflict.ts';

/** Throws `DOMAIN_UNDEFINED`, where libvirt would speak of a "transient domain". */
export async function requireDefined(instance: Instance, domain: Domain): Promise<void> {
  if (await domain.isPersistent()) return;
  const { name, vmState } = instance;
  const cure = `novalet reboot --hard ${name}`;
  const hint = mayBegin('reboot-hard', vmState)
    ? `Define it again: ${cure}`
    : `${cureWhileOff(instance)}; then ${cure} defines it again.`;
  throw new Fault(
    'conflict',
    'DOMAIN_UNDEFINED',
    `Somebody undefined the domain of ${name} while it ran: libvirt forgets it when the guest ends, and keeps no change of it`,
    { hint, details: { domain: instance.domainName } },
  );
}
