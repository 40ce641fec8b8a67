// Ending the copies that QEMU writes of an instance's disks (backups/push-job.ts) when their maker gave up or died. The
// domain keeps its disks as they are all the while, so that a job that is ended leaves nothing but its file.
import { isFault } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';
import { inStage } from '../life/in-stage.ts';
import type { Tools } from '../tools.ts';
import { unlessGone } from '../unless-gone.ts';

const END_TIMEOUT_MS = 30_000;

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
