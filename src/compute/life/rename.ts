// The name that people use: in the record and, as Nova's metadata have it, in the domain. Its libvirt name, its directory and
// its hostname are others, and stay.
import { asFault } from '../../base/index.ts';
import { type Element, isElement, serializeXml } from '../../libvirt-xml/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { NOVA_NAMESPACE, novaInstanceElement } from '../domain-metadata.ts';
import { domainInputOf } from '../domain-of.ts';
import { holdInstance } from '../holding.ts';
import { checkInstanceName } from '../names.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { inStage } from './in-stage.ts';

const TELL_MS = 30_000;

export async function renameInstance(
  tools: Tools,
  ref: string,
  name: string,
  { signal }: ActOptions,
): Promise<Instance> {
  checkInstanceName(name);
  using held = await holdInstance(tools, ref, 'change-record', { state: 'changing', signal });
  const instance = tools.store.instances.change(held.instance.id, (current) => ({ ...current, name }));
  try {
    await tellDomain(tools, instance, signal);
  } catch (error) {
    // It has its new name; in the domain's metadata it is for those who look there, and a hard reboot writes it anew.
    tools.log.warn({ err: asFault(error), instance: instance.id }, "the domain's metadata keep the old name");
  }
  return { ...instance, taskState: null };
}

/** After a process died while it renamed: the record has the name, and the domain may not. */
export async function repairChanging(tools: Tools, instance: Instance): Promise<void> {
  await tellDomain(tools, instance, undefined);
}

/** Of an adopted domain the metadata are its owner's. */
async function tellDomain(tools: Tools, instance: Instance, signal: AbortSignal | undefined): Promise<void> {
  if (instance.adoption !== null) return;
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return;
  const xml = await instanceXml(tools, instance);
  const power = await powerStateOf(domain);
  const live = power === 'RUNNING' || power === 'PAUSED' || power === 'SUSPENDED';
  const affects = { live, config: await domain.isPersistent() };
  const stage = { stage: `libvirt to keep the name of ${instance.name}`, timeoutMs: TELL_MS, signal };
  await inStage(tools, instance, stage, () =>
    domain.setMetadata({ uri: NOVA_NAMESPACE, key: 'nova', xml }, affects),
  );
}

/** libvirt puts all of it into the namespace by itself, and takes a prefix that is there already for a part of the name. */
async function instanceXml(tools: Tools, instance: Instance): Promise<string> {
  const { domain: host } = await tools.host.facts();
  const { settings, paths } = tools;
  const input = domainInputOf(instance, { settings, instances: paths.instances, host });
  return serializeXml(bare(novaInstanceElement(input), true));
}

function bare({ name, attributes, children }: Element, isRoot = false): Element {
  return {
    name: name.replace(/^nova:/, ''),
    attributes: isRoot ? new Map() : attributes,
    children: children.map((child) => (isElement(child) ? bare(child) : child)),
  };
}
