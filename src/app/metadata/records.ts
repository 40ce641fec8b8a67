// What the metadata service tells guests, from the engine's records.
import { isFault } from '../../base/index.ts';
import type { Compute } from '../../compute/index.ts';
import type { GuestRecords } from '../../metadata-service/index.ts';

/** Of every instance on this host; Nova's `project_id` where there is no Keystone. */
const PROJECT = 'novalet';

export function guestRecords({ documents }: Pick<Compute, 'documents'>): GuestRecords {
  return {
    documents: async (instance) => await unlessGone(documents.service(instance)),
    project: async () => PROJECT,
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
