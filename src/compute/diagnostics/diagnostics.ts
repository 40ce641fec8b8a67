// What running instances use, as libvirt counts it, and how one of them stands.
import { stat } from 'node:fs/promises';
import { asFault, errnoCode, isFault, within } from '../../base/index.ts';
import type { GuestFilesystem, Told } from '../../guest/index.ts';
import type { DomainStats, StatsGroup } from '../../libvirt/index.ts';
import { liveDomainFacts } from '../../libvirt-xml/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { isSessionMode } from '../settings.ts';
import { requireOn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { showView } from '../views.ts';
import { cpuUse, diskUses, memoryUse, nicUses } from './read-usage.ts';
import type { Diagnostics, Usage, UsageSample } from './requests.ts';

const GROUPS: readonly StatsGroup[] = ['state', 'cpu', 'balloon', 'vcpu', 'interface', 'block'];
/** The agent's part must not hold up the rest. */
const AGENT_MS = 5000;

/** A domain that is busy with a long job is told as far as can be without waiting for it. */
export async function readUsage(tools: Tools): Promise<UsageSample> {
  const instances = new Map(tools.store.instances.list().map((instance) => [instance.id, instance]));
  const stats = await (await tools.libvirt.control()).domainStats('all', GROUPS, {
    active: true,
    noWait: true,
  });
  return {
    atMs: performance.now(),
    instances: stats.flatMap((one) => {
      const instance = instances.get(one.uuid);
      return instance === undefined ? [] : [usageOf(instance, one)];
    }),
  };
}

export async function diagnose(tools: Tools, ref: string, options: ActOptions): Promise<Diagnostics> {
  const view = await showView(tools, ref);
  const { instance, powerState } = view;
  requireOn(instance, 'diagnostics', powerState);
  const domain = await tools.libvirt.domain(instance);
  const connection = await tools.libvirt.control();
  const [[stats], live, filesystems] = await tools.libvirt.whilePresent(instance, () =>
    Promise.all([
      connection.domainStats([domain], GROUPS),
      domain.xml(),
      filesystemsOf(tools, instance, options),
    ]),
  );
  const { virtType, interfaces } = liveDomainFacts(live);
  const macs = new Map(
    interfaces.flatMap(({ target, mac }) => (target !== null && mac !== null ? [[target, mac]] : [])),
  );
  const figures = stats ?? { name: domain.name, uuid: domain.uuid, values: {} }; // it ended a moment ago
  return {
    ...usageOf(instance, figures, macs),
    status: view.status,
    hypervisor: virtType,
    uptimeS: isSessionMode(tools.settings) ? null : await uptimeOf(domain.name),
    agent: view.agent,
    filesystems,
  };
}

function usageOf(instance: Instance, { values }: DomainStats, macs?: ReadonlyMap<string, string>): Usage {
  return {
    id: instance.id,
    name: instance.name,
    cpu: cpuUse(values),
    memory: memoryUse(values),
    disks: diskUses(values),
    nics: nicUses(values, macs ?? new Map(instance.ports.map(({ deviceName, mac }) => [deviceName, mac]))),
  };
}

/** libvirt writes it when QEMU has started. Of a host elsewhere, or for a plain user, it cannot be seen. */
async function uptimeOf(domainName: string): Promise<number | null> {
  try {
    const { mtimeMs } = await stat(`/run/libvirt/qemu/${domainName}.pid`);
    return Math.max(0, Math.round((Date.now() - mtimeMs) / 1000));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'EACCES') return null;
    throw error;
  }
}

async function filesystemsOf(
  tools: Tools,
  instance: Instance,
  { signal }: ActOptions,
): Promise<Told<readonly GuestFilesystem[]>> {
  try {
    const agents = await tools.agents.get();
    const { readFilesystems } = await import('../../guest/index.ts');
    const ask = (inner: AbortSignal) =>
      agents.use(instance, (agent) => readFilesystems(agent, { signal: inner, timeoutMs: AGENT_MS }));
    const value = await within(AGENT_MS, `the filesystems of ${instance.name}`, ask, { signal });
    return { known: true, value };
  } catch (error) {
    if (isFault(error) && error.kind === 'cancelled') throw error;
    const { code, message } = asFault(error);
    return { known: false, code, why: message };
  }
}
