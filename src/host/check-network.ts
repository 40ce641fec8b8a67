// Can the NAT network of novalet serve guests?
import { type Finding, ok, problem, warning } from './finding.ts';

export interface NetworkSight {
  readonly name: string;
  readonly isSession: boolean;
  /** What libvirt knows; null when it could not be asked. */
  readonly networks: readonly { readonly name: string; readonly active: boolean }[] | null;
}

/** Pure. That dnsmasq is installed is seen with the other programs. */
export function decideNetwork({ name, isSession, networks }: NetworkSight): Finding {
  const check = 'network';
  if (isSession)
    return ok(check, 'In session mode guests have user-mode networking: outgoing only, no static address');
  if (networks === null) {
    return problem(
      check,
      "libvirt's networks could not be listed",
      'apt install libvirt-daemon-system; then restart libvirtd',
    );
  }
  const ours = networks.find((network) => network.name === name);
  if (ours === undefined) return ok(check, `The network ${name} is made when the first guest needs it`);
  if (ours.active) return ok(check, `The network ${name} is active`);
  return warning(
    check,
    `The network ${name} is not active; the next launch starts it`,
    `virsh net-start ${name}`,
  );
}
