// What this folder asks of a libvirt connection; the binding's Connection has it.

export interface HostConnection {
  /** XML, virConnectGetCapabilities. */
  capabilities(): Promise<string>;
  /** XML, virConnectGetDomainCapabilities; what is left out libvirt chooses. */
  domainCapabilities(wish: DomainCapabilitiesWish): Promise<string>;
  /** major * 1000000 + minor * 1000 + release. */
  versions(): Promise<{ readonly libvirt: number; readonly hypervisor: number }>;
}

export interface DomainCapabilitiesWish {
  readonly emulator?: string;
  readonly arch?: string;
  readonly machine?: string;
  readonly virtType?: string;
}
