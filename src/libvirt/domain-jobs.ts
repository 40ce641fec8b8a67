// The one job that a domain may have (saving, dumping, backing up …), and backups. Each method is one libvirt call.
import { flags, type WordOf, wordOf } from './constants.ts';
import type { DomainCall } from './domain-call.ts';
import type { TypedValues } from './native-domain.ts';

export interface DomainJob {
  /** `none`: there is no job. */
  readonly type: WordOf<'VIR_DOMAIN_JOB_'>;
  readonly operation: WordOf<'VIR_DOMAIN_JOB_OPERATION_'>;
  /** Figures under libvirt's names: `time_elapsed` (ms), `disk_total`, `disk_processed` (bytes), `errmsg` … */
  readonly params: TypedValues;
}

/** `domain.jobs`. */
export class DomainJobs {
  readonly #try: DomainCall;

  constructor(call: DomainCall) {
    this.#try = call;
  }

  /**
   * The job that goes on; with `completed` the last one that ended, which libvirt then forgets unless `keepCompleted`.
   */
  async stats(
    options: { readonly completed?: boolean; readonly keepCompleted?: boolean } = {},
  ): Promise<DomainJob> {
    const wanted = flags(
      ['VIR_DOMAIN_JOB_STATS_COMPLETED', options.completed],
      ['VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED', options.keepCompleted],
    );
    const { type, params } = await this.#try('read the job of', (native) => native.jobStats(wanted));
    return { type: wordOf('VIR_DOMAIN_JOB_', type), operation: jobOperation(params), params };
  }

  /** Asks the job to end. Throws `LIBVIRT_STATE_CONFLICT` when there is none. */
  async abort(): Promise<void> {
    await this.#try('abort the job of', (native) => native.abortJob());
  }

  /**
   * Begins a backup as a <domainbackup> document says, and with a <domaincheckpoint> document a checkpoint at the same
   * moment. A `job-completed` event tells its end; `abort` ends it, which is how a pull backup always ends.
   */
  async beginBackup(
    backupXml: string,
    checkpointXml?: string,
    options: { readonly reuseExternal?: boolean } = {},
  ): Promise<void> {
    const wanted = flags(['VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL', options.reuseExternal]);
    await this.#try('begin a backup of', (native) => native.beginBackup(backupXml, checkpointXml, wanted));
  }

  /** The document of the backup that goes on. Throws `DOMAIN_BACKUP_NOT_FOUND`. */
  async backupXml(): Promise<string> {
    return await this.#try('read the backup of', (native) => native.backupXml());
  }
}

/** What a job is for, by its parameter `operation`. */
export function jobOperation(params: TypedValues): DomainJob['operation'] {
  const { operation } = params;
  return typeof operation === 'number' ? wordOf('VIR_DOMAIN_JOB_OPERATION_', operation) : 'unknown';
}
