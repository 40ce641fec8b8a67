// The disks of a domain while it lives: sizes, and the jobs that copy, commit and pull. Each method is one libvirt call.
// A job goes on by itself; `block-job` events tell when it is ready or has ended.
import { flags, type WordOf, wordOf } from './constants.ts';
import type { DomainCall } from './domain-call.ts';

/** Bytes; of a sparse file `allocation` is what it takes, `physical` how far it reaches. */
export interface BlockInfo {
  readonly capacity: number;
  readonly allocation: number;
  readonly physical: number;
}

export interface BlockJob {
  readonly type: WordOf<'VIR_DOMAIN_BLOCK_JOB_TYPE_'>;
  /** Bytes per second; 0: no limit. */
  readonly bandwidth: number;
  /** How far it is, in a unit of its own; a copy or active commit is ready when `current` is `end` and above 0. */
  readonly current: number;
  readonly end: number;
}

export interface BlockCopyOptions {
  /** Bytes per second. */
  readonly bandwidth?: number;
  /** A power of two, in bytes. */
  readonly granularity?: number;
  readonly bufferBytes?: number;
  /** Copy only the top image; the copy gets the same backing. */
  readonly shallow?: boolean;
  /** The destination is there already, with the right format and size. */
  readonly reuseExternal?: boolean;
  /** The job need not outlive the domain's process: lets defined domains copy. */
  readonly transientJob?: boolean;
  /** The guest's writes go to both sides before they end, so that the copy is sure to catch up. */
  readonly synchronousWrites?: boolean;
}

export interface BlockCommitOptions {
  /** The image that takes the data: a path or `vda[2]`; not said: the last of the chain. */
  readonly base?: string;
  /** The image whose data is taken; not said: the active one. */
  readonly top?: string;
  readonly bandwidth?: number;
  /** Only from `top` into the image right beneath it. */
  readonly shallow?: boolean;
  /** Needed when `top` is the active image: the job then waits for `abortJob(disk, { pivot: true })`. */
  readonly active?: boolean;
  readonly deleteCommitted?: boolean;
  /** Keep relative names of backing files. */
  readonly relative?: boolean;
}

export interface BlockRebaseOptions {
  /** The image that stays as backing; not said: none, all data is pulled into the active image. */
  readonly base?: string;
  readonly bandwidth?: number;
  readonly relative?: boolean;
}

/** `domain.block`. A disk is named by its target (`vda`) or by the path of its source. */
export class DomainBlock {
  readonly #try: DomainCall;

  constructor(call: DomainCall) {
    this.#try = call;
  }

  /** Sets the size of the disk of a running domain; the guest is told. */
  async resize(disk: string, bytes: number): Promise<void> {
    const wanted = flags(['VIR_DOMAIN_BLOCK_RESIZE_BYTES', true]);
    await this.#try(`resize disk ${disk} of`, (native) => native.blockResize(disk, bytes, wanted));
  }

  async info(disk: string): Promise<BlockInfo> {
    return await this.#try(`read the size of disk ${disk} of`, (native) => native.blockInfo(disk));
  }

  /** Begins a copy of the disk to where a <disk> document says; `abortJob` ends it, with or without a pivot. */
  async copy(disk: string, destinationXml: string, options: BlockCopyOptions = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_BLOCK_COPY_SHALLOW', options.shallow],
      ['VIR_DOMAIN_BLOCK_COPY_REUSE_EXT', options.reuseExternal],
      ['VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB', options.transientJob],
      ['VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES', options.synchronousWrites],
    );
    const { bandwidth = 0, granularity = 0, bufferBytes = 0 } = options;
    await this.#try(`copy disk ${disk} of`, (native) =>
      native.blockCopy(disk, destinationXml, bandwidth, granularity, bufferBytes, wanted),
    );
  }

  /** Begins to write the data of images into one beneath them. */
  async commit(disk: string, options: BlockCommitOptions = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_BLOCK_COMMIT_SHALLOW', options.shallow],
      ['VIR_DOMAIN_BLOCK_COMMIT_DELETE', options.deleteCommitted],
      ['VIR_DOMAIN_BLOCK_COMMIT_ACTIVE', options.active],
      ['VIR_DOMAIN_BLOCK_COMMIT_RELATIVE', options.relative],
      ['VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES', true],
    );
    await this.#try(`commit disk ${disk} of`, (native) =>
      native.blockCommit(disk, options.base, options.top, options.bandwidth ?? 0, wanted),
    );
  }

  /** Begins to pull the data of the images beneath the active one into it. */
  async rebase(disk: string, options: BlockRebaseOptions = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_BLOCK_REBASE_RELATIVE', options.relative],
      ['VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES', true],
    );
    await this.#try(`pull into disk ${disk} of`, (native) =>
      native.blockRebase(disk, options.base, options.bandwidth ?? 0, wanted),
    );
  }

  /** The job of the disk; undefined when there is none. */
  async job(disk: string): Promise<BlockJob | undefined> {
    const wanted = flags(['VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES', true]);
    const job = await this.#try(`read the job of disk ${disk} of`, (native) =>
      native.blockJobInfo(disk, wanted),
    );
    return job === undefined ? undefined : { ...job, type: wordOf('VIR_DOMAIN_BLOCK_JOB_TYPE_', job.type) };
  }

  /** Ends the job of the disk; `pivot` has the domain go on with the copy. `async`: do not wait for the end. */
  async abortJob(
    disk: string,
    options: { readonly pivot?: boolean; readonly async?: boolean } = {},
  ): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT', options.pivot],
      ['VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC', options.async],
    );
    await this.#try(`end the job of disk ${disk} of`, (native) => native.blockJobAbort(disk, wanted));
  }
}
