// What novalet's domains have and others' may lack: a port for the agent, and one for a lane. Added to an adopted domain
// only when somebody asks for it; libvirt plugs them in, so that all else stays as it is.
import { isFault } from '../base/index.ts';
import type { Domain } from '../libvirt/index.ts';
import { AGENT_PORT, channelElement, laneNumber, lanePort, serializeXml } from '../libvirt-xml/index.ts';
import type { Instance } from '../model/index.ts';
import { rememberDefinition } from './adopted-definition.ts';
import { readAdopted } from './adopted-record.ts';
import { powerStateOf } from './power-state.ts';
import type { Tools } from './tools.ts';

/** Adds what is missing to the definition and, as far as it takes it, to the domain that runs. Again and again is fine. */
export async function addChannels(tools: Tools, domain: Domain, instance: Instance): Promise<Instance> {
  await addTo(domain, await missingIn(domain, true), { config: true });
  if ((await powerStateOf(domain)) === 'RUNNING') {
    try {
      await addTo(domain, await missingIn(domain, false), { live: true });
    } catch (error) {
      if (!isFault(error)) throw error; // it gets them at its next start; whoever shows the instance sees that it has none
      tools.log.info({ err: error, domain: domain.name }, 'the running domain takes no more ports');
    }
  }
  return await rememberDefinition(tools, instance, domain);
}

async function missingIn(domain: Domain, inactive: boolean): Promise<readonly string[]> {
  const { channels } = readAdopted(await domain.xml({ inactive }));
  const agent = channels.includes(AGENT_PORT) ? [] : [AGENT_PORT];
  return channels.some((name) => laneNumber(name) !== undefined) ? agent : [...agent, lanePort(0)];
}

async function addTo(
  domain: Domain,
  ports: readonly string[],
  affects: { readonly live?: true; readonly config?: true },
): Promise<void> {
  for (const name of ports) {
    const channel = channelElement({ kind: 'channel', name, path: undefined });
    await domain.attachDevice(serializeXml(channel), affects);
  }
}
