// What is kept of a domain that somebody else made and that was taken under management as it is.

export interface Adoption {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The domain's definition as libvirt last showed it, secrets included: what it is defined from when somebody undefined it. */
  readonly domainXml: string;
  readonly disks: readonly AdoptedDisk[];
  /** The file that the first serial port is written to; null where it is written to none. */
  readonly consoleLog: string | null;
}

/** A disk as its domain's XML names it. */
export interface AdoptedDisk {
  /** `vda`, `sda`, `hda` … */
  readonly target: string;
  readonly device: string;
  readonly bus: string;
  readonly format: string | null;
  /** A file, a block device, `pool/volume` or `protocol:name`; null for an empty drive. */
  readonly source: string | null;
}
