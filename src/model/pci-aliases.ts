// Wishes for PCI devices: `gpu:1,nic:2`. Rules: nova/api/validation/extra_specs/pci_passthrough.py, nova/pci/request.py.

export interface PciAliasRequest {
  /** A name from the configuration. */
  readonly alias: string;
  readonly count: number;
}

/** Undefined when it is not one or more of `NAME:COUNT`. */
export function parsePciAliases(text: string): readonly PciAliasRequest[] | undefined {
  const requests: PciAliasRequest[] = [];
  for (const part of text.split(',')) {
    const [, alias, count] = /^([^:]+):(\d{1,6})$/.exec(part.trim()) ?? [];
    if (alias === undefined || count === undefined) return undefined;
    requests.push({ alias: alias.trim(), count: Number(count) });
  }
  return requests;
}
