// A copy of a running guest's disk as it was at one moment, written by QEMU itself: libvirt's backup job in push mode.
// The domain keeps its disks as they are all the while, so that a job that is ended, by whomever, leaves nothing but its file.
import { Fault, isFault } from '../../base/index.ts';
import type { Domain, Subscription } from '../../libvirt/index.ts';
import { pushBackupElement, serializeXml } from '../../libvirt-xml/index.ts';
import type { Disk, Instance } from '../../model/index.ts';
import { inStage } from '../life/in-stage.ts';
import type { Tools } from '../tools.ts';
import { unlessGone } from '../unless-gone.ts';

export interface PushCopy {
  readonly disk: Pick<Disk, 'target'>;
  /** Absolute, in a directory that QEMU's user gets through to. A qcow2 without a backing file. */
  readonly file: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

const COPY_TIMEOUT_MS = 2 * 3600_000;
const END_TIMEOUT_MS = 30_000;
const PROGRESS_MS = 500;

/** A copy that began; what it shows is the disk as it was then. Disposal ends one that goes on. */
export class RunningCopy implements AsyncDisposable {
  readonly #tools: Tools;
  readonly #instance: Instance;
  readonly #domain: Domain;
  readonly #events: Subscription;
  #isOver = false;

  private constructor(tools: Tools, instance: Instance, domain: Domain, events: Subscription) {
    this.#tools = tools;
    this.#instance = instance;
    this.#domain = domain;
    this.#events = events;
  }

  /** Resolves at the moment that it shows. */
  static async begin(tools: Tools, instance: Instance, copy: PushCopy): Promise<RunningCopy> {
    const domain = await tools.libvirt.domain(instance);
    const connection = await tools.libvirt.control();
    const events = await connection.subscribe();
    const disks = [{ target: copy.disk.target, file: copy.file, format: 'qcow2' as const }];
    try {
      await domain.jobs.beginBackup(serializeXml(pushBackupElement(disks)));
      return new RunningCopy(tools, instance, domain, events);
    } catch (error) {
      await events[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Throws `DISK_COPY_FAILED`. */
  async finished(copy: PushCopy): Promise<void> {
    const stage = {
      stage: `the copy of ${copy.disk.target} of ${this.#instance.name}`,
      timeoutMs: COPY_TIMEOUT_MS,
      signal: copy.signal,
    };
    const timer = setInterval(() => void this.#tellProgress(copy), PROGRESS_MS);
    try {
      await inStage(this.#tools, this.#instance, stage, () => this.#heardTheEnd());
    } finally {
      clearInterval(timer);
    }
    this.#isOver = true;
    const { type, params } = await this.#domain.jobs.stats({ completed: true, keepCompleted: true });
    if (type === 'completed') return;
    const { errmsg } = params;
    throw new Fault(
      'refused',
      'DISK_COPY_FAILED',
      `QEMU did not finish the copy of ${copy.disk.target} of ${this.#instance.name}${typeof errmsg === 'string' ? `: ${errmsg.slice(0, 500)}` : ''}`,
      {
        hint: `Is the guest still running, and is there space left? novalet show ${this.#instance.name}; novalet doctor`,
      },
    );
  }

  async #heardTheEnd(): Promise<void> {
    for await (const event of this.#events) {
      if (!('uuid' in event) || event.uuid !== this.#domain.uuid) continue;
      if (event.kind === 'job-completed' && event.operation === 'backup') return;
      if (event.kind === 'lifecycle' && event.event === 'stopped') return; // took the job with it
    }
  }

  async #tellProgress({ onProgress }: PushCopy): Promise<void> {
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

/** Ends the copy that a domain makes into one of the instance's own files, if it makes one; somebody else's backup goes on. */
export async function endCopies(tools: Tools, instance: Instance, domain: Domain): Promise<void> {
  const connection = await tools.libvirt.control();
  await using events = await connection.subscribe();
  if (!(await isOurs(instance, domain))) return;
  await unlessGone(() => domain.jobs.abort(), 'LIBVIRT_STATE_CONFLICT');
  const stage = { stage: `the copy of ${instance.name} to end`, timeoutMs: END_TIMEOUT_MS };
  await inStage(tools, instance, stage, async () => {
    if (!(await isOurs(instance, domain))) return; // it ended before we were asked to
    for await (const event of events) {
      if (!('uuid' in event) || event.uuid !== domain.uuid) continue;
      if (event.kind === 'job-completed' || (event.kind === 'lifecycle' && event.event === 'stopped')) return;
    }
  });
}

/** Whether the domain's backup writes to a file of this instance. */
async function isOurs(instance: Instance, domain: Domain): Promise<boolean> {
  try {
    return (await domain.jobs.backupXml()).includes(`/${instance.id}/`);
  } catch (error) {
    if (isFault(error, 'DOMAIN_BACKUP_NOT_FOUND', 'LIBVIRT_STATE_CONFLICT')) return false;
    throw error;
  }
}
