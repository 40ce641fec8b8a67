// Copies of several disks of a running domain as they were at one moment, whole or what changed since a checkpoint: one
// backup job of libvirt in push mode. The domain keeps its disks as they are all the while.
import { Fault } from '../../base/index.ts';
import type { Domain, Subscription } from '../../libvirt/index.ts';
import {
  checkpointElement,
  type PushedDisk,
  pushBackupElement,
  serializeXml,
} from '../../libvirt-xml/index.ts';
import type { Instance } from '../../model/index.ts';
import { inStage } from '../life/in-stage.ts';
import { endCopies } from '../snapshots/end-copies.ts';
import type { Tools } from '../tools.ts';
import { unlessGone } from '../unless-gone.ts';

export interface PushRequest {
  /** Files in a directory whose path names the instance's id: that is how a later command knows whose job it is. */
  readonly disks: readonly PushedDisk[];
  /** Made at the same moment, on the disks that are qcow2: by it the next copy knows what changed. */
  readonly checkpoint?: { readonly name: string; readonly targets: readonly string[] };
}

export interface PushOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

interface PushParts {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly domain: Domain;
  readonly events: Subscription;
  readonly target: string;
}

const COPY_TIMEOUT_MS = 12 * 3600_000;
const PROGRESS_MS = 500;

/** Disposal ends a job that goes on. */
export class PushJob implements AsyncDisposable {
  readonly #tools: Tools;
  readonly #instance: Instance;
  readonly #domain: Domain;
  readonly #events: Subscription;
  /** One of the copied disks. */
  readonly #target: string;
  #isOver = false;

  private constructor(parts: PushParts) {
    this.#tools = parts.tools;
    this.#instance = parts.instance;
    this.#domain = parts.domain;
    this.#events = parts.events;
    this.#target = parts.target;
  }

  /** Resolves at the moment that the copies show. Throws what libvirt says, such as of a checkpoint whose bitmap is lost. */
  static async begin(tools: Tools, instance: Instance, request: PushRequest): Promise<PushJob> {
    const domain = await tools.libvirt.domain(instance);
    const events = await (await tools.libvirt.control()).subscribe();
    const { disks, checkpoint } = request;
    try {
      await domain.jobs.beginBackup(
        serializeXml(pushBackupElement(disks)),
        checkpoint && serializeXml(checkpointElement(checkpoint.name, checkpoint.targets)),
      );
      return new PushJob({ tools, instance, domain, events, target: disks[0]?.target ?? '' });
    } catch (error) {
      await events[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Throws `DISK_COPY_FAILED`. */
  async finished({ signal, onProgress }: PushOptions): Promise<void> {
    const { name } = this.#instance;
    const stage = { stage: `the copy of the disks of ${name}`, timeoutMs: COPY_TIMEOUT_MS, signal };
    const timer = setInterval(() => void this.#tellProgress(onProgress), PROGRESS_MS);
    try {
      await inStage(this.#tools, this.#instance, stage, () => this.#heardTheEnd());
    } finally {
      clearInterval(timer);
    }
    this.#isOver = true;
    await this.#filesAreClosed();
    const { type, params } = await this.#domain.jobs.stats({ completed: true, keepCompleted: true });
    if (type === 'completed') return;
    const { errmsg } = params;
    const why = typeof errmsg === 'string' ? `: ${errmsg.slice(0, 500)}` : '';
    throw new Fault(
      'refused',
      'DISK_COPY_FAILED',
      `QEMU did not finish the copy of the disks of ${name}${why}`,
      {
        hint: `Is the guest still running, and is there space left? novalet show ${name}; novalet doctor`,
      },
    );
  }

  /**
   * libvirt tells of the end before it has QEMU close the files, which then still change. Both are one turn on the domain, so that
   * a call that needs a turn of its own comes back when they are closed.
   */
  async #filesAreClosed(): Promise<void> {
    await unlessGone(async () => {
      await this.#domain.block.info(this.#target);
    }, 'LIBVIRT_STATE_CONFLICT');
  }

  async #heardTheEnd(): Promise<void> {
    for await (const event of this.#events) {
      if (!('uuid' in event) || event.uuid !== this.#domain.uuid) continue;
      if (event.kind === 'job-completed' && event.operation === 'backup') return;
      if (event.kind === 'lifecycle' && event.event === 'stopped') return; // took the job with it
    }
  }

  async #tellProgress(onProgress: PushOptions['onProgress']): Promise<void> {
    try {
      const { params } = await this.#domain.jobs.stats();
      const { disk_processed: done, disk_total: total } = params;
      if (done !== undefined && total !== undefined) onProgress?.(Number(done), Number(total));
    } catch (error) {
      this.#tools.log.debug({ err: error }, 'the progress of a copy could not be read'); // its end is told by an event
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events[Symbol.asyncDispose]();
    if (!this.#isOver) await endCopies(this.#tools, this.#instance, this.#domain);
  }
}
