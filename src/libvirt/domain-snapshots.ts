// Snapshots and checkpoints of a domain, known by their names. Each method is one libvirt call, and the look-up before it.
import { UNBOUNDED } from './bounded-call.ts';
import { flags } from './constants.ts';
import type { DomainCall } from './domain-call.ts';

export interface SnapshotCreateOptions {
  /** Disks only: no memory. */
  readonly diskOnly?: boolean;
  /** All disks or none. */
  readonly atomic?: boolean;
  /** libvirt forgets the snapshot at once: the files are the caller's. */
  readonly noMetadata?: boolean;
  /** Freeze the guest's file systems through its agent meanwhile. */
  readonly quiesce?: boolean;
  /** The images are there already. */
  readonly reuseExternal?: boolean;
  /** The guest goes on running while its memory is written. */
  readonly live?: boolean;
  /** Only tell libvirt of a snapshot that is there. */
  readonly redefine?: boolean;
  /** With `redefine`: it is the current one. */
  readonly current?: boolean;
  /** Leave the domain off afterwards. */
  readonly halt?: boolean;
}

/** Deleting: of the descendants too, and of libvirt's knowledge only. */
export interface DeleteOptions {
  readonly metadataOnly?: boolean;
  readonly children?: boolean;
}

export interface RevertOptions {
  /** The state afterwards; nothing said: the snapshot's own. */
  readonly state?: 'running' | 'paused';
  /** Take risks that libvirt else refuses with `DOMAIN_SNAPSHOT_RISKY`. */
  readonly force?: boolean;
}

/** `domain.snapshots`. A name that is not there throws `DOMAIN_SNAPSHOT_NOT_FOUND`. */
export class DomainSnapshots {
  readonly #try: DomainCall;

  constructor(call: DomainCall) {
    this.#try = call;
  }

  /** Makes the snapshot that a <domainsnapshot> document says, and gives its name. */
  async create(xml: string, options: SnapshotCreateOptions = {}): Promise<string> {
    const wanted = flags(
      ['VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY', options.diskOnly],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC', options.atomic],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA', options.noMetadata],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE', options.quiesce],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT', options.reuseExternal],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_LIVE', options.live],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE', options.redefine],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT', options.current],
      ['VIR_DOMAIN_SNAPSHOT_CREATE_HALT', options.halt],
    );
    return await this.#try('make a snapshot of', (native) => native.createSnapshot(xml, wanted), UNBOUNDED);
  }

  /** Parents before their children. */
  async names(): Promise<readonly string[]> {
    const wanted = flags(['VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL', true]);
    return await this.#try('list the snapshots of', (native) => native.snapshotNames(wanted));
  }

  async xml(name: string): Promise<string> {
    return await this.#try(`read snapshot ${name} of`, (native) => native.snapshotXml(name, 0));
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY', options.metadataOnly],
      ['VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN', options.children],
    );
    await this.#try(`delete snapshot ${name} of`, (native) => native.deleteSnapshot(name, wanted));
  }

  async revert(name: string, options: RevertOptions = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING', options.state === 'running'],
      ['VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED', options.state === 'paused'],
      ['VIR_DOMAIN_SNAPSHOT_REVERT_FORCE', options.force],
    );
    await this.#try(
      `revert to snapshot ${name} of`,
      (native) => native.revertToSnapshot(name, wanted),
      UNBOUNDED,
    );
  }
}

/** `domain.checkpoints`. A name that is not there throws `DOMAIN_CHECKPOINT_NOT_FOUND`. */
export class DomainCheckpoints {
  readonly #try: DomainCall;

  constructor(call: DomainCall) {
    this.#try = call;
  }

  /** Makes the checkpoint that a <domaincheckpoint> document says, and gives its name. */
  async create(
    xml: string,
    options: { readonly redefine?: boolean; readonly quiesce?: boolean } = {},
  ): Promise<string> {
    const wanted = flags(
      ['VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE', options.redefine],
      ['VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE', options.quiesce],
    );
    return await this.#try('make a checkpoint of', (native) => native.createCheckpoint(xml, wanted));
  }

  /** Parents before their children. */
  async names(): Promise<readonly string[]> {
    const wanted = flags(['VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL', true]);
    return await this.#try('list the checkpoints of', (native) => native.checkpointNames(wanted));
  }

  /** `size` adds how many bytes changed since, and needs a running domain; `noDomain` leaves the domain's XML out. */
  async xml(
    name: string,
    options: { readonly size?: boolean; readonly noDomain?: boolean } = {},
  ): Promise<string> {
    const wanted = flags(
      ['VIR_DOMAIN_CHECKPOINT_XML_SIZE', options.size],
      ['VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN', options.noDomain],
    );
    return await this.#try(`read checkpoint ${name} of`, (native) => native.checkpointXml(name, wanted));
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY', options.metadataOnly],
      ['VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN', options.children],
    );
    await this.#try(`delete checkpoint ${name} of`, (native) => native.deleteCheckpoint(name, wanted));
  }
}
