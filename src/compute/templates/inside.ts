// What is done within the guest, through its agent: taking from it what only one may have, and giving that to a clone anew.

import { HOST_KEY_TYPES, makeIdentity, placeReseeder, prepareGuest, renewGuest } from '../../guest/index.ts';
import type { Instance, Template, TemplateInside } from '../../model/index.ts';
import { serverProgram } from '../lanes.ts';
import type { Tools } from '../tools.ts';

const LOOK_MS = 20_000;
const MEMORY = /^MemTotal:\s+(\d+) kB$[\s\S]*^MemAvailable:\s+(\d+) kB$/m;

export interface PreparedInside {
  readonly hostKeyTypes: TemplateInside['hostKeyTypes'];
  /** What programs and the kernel use, without caches. */
  readonly usedKiB: number;
}

/** Throws what `prepareGuest` throws, and `RESEED_IMPOSSIBLE`. */
export async function prepareInside(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal | undefined,
): Promise<PreparedInside> {
  const reach = { privilege: 'manage', what: 'prepareTemplate' } as const;
  return await tools.reaches.made(instance, reach, async () => {
    const agents = await tools.agents.get();
    return await agents.use(instance, async (agent) => {
      const { hostKeyTypes, hasVmGenId } = await prepareGuest(agent, { signal });
      if (!hasVmGenId) await placeReseeder(agent, await serverProgram(), signal);
      const { stdout } = await agent.exec(['cat', '/proc/meminfo'], { timeoutMs: LOOK_MS, signal });
      return { hostKeyTypes, usedKiB: readUsedKiB(stdout.toString('utf8')) };
    });
  });
}

/** Of /proc/meminfo; what cannot be read uses all. Pure. */
export function readUsedKiB(meminfo: string): number {
  const [, total, available] = MEMORY.exec(meminfo) ?? [];
  if (total === undefined || available === undefined) return Number.MAX_SAFE_INTEGER;
  return Math.max(0, Number(total) - Number(available));
}

/** Its keys are made before it goes on. */
export async function identityFor({ inside }: Template, { id, hostname }: Instance) {
  const known = HOST_KEY_TYPES.filter((type) => inside?.hostKeyTypes.includes(type) === true);
  return await makeIdentity({ hostname, instanceId: id, hostKeyTypes: known });
}

/** Throws what `renewGuest` throws: then it must not go on. */
export async function renewInside(
  tools: Tools,
  clone: Instance,
  identity: Awaited<ReturnType<typeof identityFor>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const reach = { privilege: 'manage', what: 'renewIdentity' } as const;
  await tools.reaches.made(clone, reach, async () => {
    const agents = await tools.agents.get();
    const { reseed, absent } = await agents.use(clone, (agent) => renewGuest(agent, identity, { signal }));
    tools.log.debug({ instance: clone.id, reseed, absent }, 'the guest is somebody else now');
  });
}
