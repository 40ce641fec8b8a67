// What the metadata service tells guests, from the engine's records.
import { isFault } from '../../base/index.ts';
import type { Compute } from '../../compute/index.ts';
import type { GuestRecords } from '../../metadata-service/index.ts';
import type { Store } from '../../store/index.ts';
import { DEFAULT_PROJECT } from './settings.ts';

export interface RecordOptions {
  /** Of every instance on this host, as Neutron knows it. */
  readonly project?: string;
  /** Tells of every change of the records. */
  readonly store?: Pick<Store, 'changes'>;
}

export function guestRecords(
  { documents }: Pick<Compute, 'documents'>,
  { project = DEFAULT_PROJECT, store }: RecordOptions = {},
): GuestRecords {
  return {
    ...(store === undefined ? {} : { version: () => store.changes() }),
    documents: async (instance) => await unlessGone(documents.service(instance)),
    project: async () => project,
    password: async (instance) => (await documents.postedPassword(instance)) ?? '',
    keepPassword: async (instance, password) => await documents.keepPostedPassword(instance, password),
  };
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isFault(error, 'INSTANCE_NOT_FOUND')) return undefined;
    throw error;
  }
}
