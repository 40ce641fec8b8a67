// A clone's cloud-init runs once more, as of the new instance that its guest is now: with its keys, its password, its user
// data. A job of the guest's, which nobody waits for.
import { Jobs, startRerun } from '../../guest/index.ts';
import type { Instance } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

export async function beginCloudInit(tools: Tools, clone: Instance): Promise<void> {
  const reach = { privilege: 'manage', what: 'rerunCloudInit', guestUser: 'root' } as const;
  await tools.reaches.made(clone, reach, async () => {
    const jobs = new Jobs((await tools.agents.get()).caller(clone));
    const { id: job } = await startRerun(jobs, { clearLogs: false, keepHostKeys: true });
    tools.log.debug({ instance: clone.id, job }, "cloud-init's second run has begun");
  });
}
