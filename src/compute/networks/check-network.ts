// What a network of our own may be called, and what it may be asked to be. Pure.
import { Fault } from '../../base/index.ts';
import { checkMtu } from '../../network/index.ts';
import type { NetworkCreateRequest } from './requests.ts';

/** It stands in file names of libvirt's, and before the commas of --network. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
/** Words of --network that are something else. */
const RESERVED = ['none', 'user'];
/** RFC 1035; dnsmasq reads it as part of a line. */
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Throws `NETWORK_NAME_INVALID` and `NETWORK_REQUEST_INVALID`. */
export function checkNetwork({ name, domain, mtu, forward = 'nat' }: NetworkCreateRequest): void {
  if (!NAME.test(name) || RESERVED.includes(name)) {
    throw new Fault('invalid', 'NETWORK_NAME_INVALID', `"${name}" cannot be the name of a network`, {
      hint: 'Write at most 63 letters, digits, dots, dashes and underscores, a letter or digit first; not "none" or "user".',
    });
  }
  if (domain !== undefined && !DOMAIN.test(domain)) {
    throw invalid(`"${domain}" is no DNS domain`, 'Write it as lab.example.');
  }
  if (forward !== 'nat' && forward !== 'none') {
    throw invalid(`"${String(forward)}" is no way out of a network`, 'It is nat, or none.');
  }
  checkMtu(mtu, []);
}

function invalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'NETWORK_REQUEST_INVALID', message, { hint });
}
