// Taking a domain that libvirt has under management as it is, and giving it back. The domain's own definition is what it
// is started from, now and ever after; nothing of it is made by us.
import { Fault, isFault } from '../base/index.ts';
import type { Connection, Domain } from '../libvirt/index.ts';
import { sanitizeHostname } from '../metadata/index.ts';
import { checkTags, type Instance, nearestName } from '../model/index.ts';
import { addChannels } from './add-channels.ts';
import { adoptedFacts } from './adopted-record.ts';
import { markDomain, requireUnclaimed, unmarkDomain } from './adoption-mark.ts';
import type { ActOptions, AdoptRequest } from './compute.ts';
import { told } from './emit-step.ts';
import { holdLease } from './holding.ts';
import { keepAddresses } from './kept-addresses.ts';
import { checkInstanceName, isInstanceName } from './names.ts';
import { powerStateOf } from './power-state.ts';
import type { Tools } from './tools.ts';

const TURN_TIMEOUT_MS = 30_000;

export async function adoptDomain(
  tools: Tools,
  request: AdoptRequest,
  options: ActOptions,
): Promise<Instance> {
  if (request.name !== undefined) checkInstanceName(request.name);
  checkTags(request.tags ?? []);
  const connection = await tools.libvirt.control();
  const domain = await findDomain(connection, request.domain);
  using _lease = await holdLease(tools, `instance:${domain.uuid}`, 'adopt', {
    timeoutMs: TURN_TIMEOUT_MS,
    signal: options.signal,
  });
  const known = tools.store.instances.get(domain.uuid);
  const isAskedForMore = request.addChannel === true && known !== undefined && known.adoption !== null;
  if (known !== undefined && !isAskedForMore) throw managed(domain, known);
  const instance = known ?? (await takeIn(tools, domain, request, options));
  return request.addChannel === true ? await addChannels(tools, domain, instance) : instance;
}

/** Forgets an adopted instance. Its domain stays as it is, running or not. Throws `INSTANCE_NOT_ADOPTED`. */
export async function releaseInstance(tools: Tools, ref: string, options: ActOptions): Promise<Instance> {
  const { id } = tools.store.instances.find(ref);
  using _lease = await holdLease(tools, `instance:${id}`, 'release', {
    timeoutMs: TURN_TIMEOUT_MS,
    signal: options.signal,
  });
  const instance = tools.store.instances.find(id);
  if (instance.adoption === null) throw notAdopted(instance);
  await (await tools.lanes.made())?.forget(id);
  await (await tools.agents.made())?.forget(id);
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) await unmarkDomain(domain);
  forget(tools, id);
  return instance;
}

function forget(tools: Tools, id: string): void {
  tools.store.transaction(() => {
    tools.store.addresses.release(id);
    tools.store.instances.remove(id);
  });
}

/** The record first: a kill after it leaves a managed domain without a mark, which the next command's repair puts on. */
async function takeIn(
  tools: Tools,
  domain: Domain,
  request: AdoptRequest,
  options: ActOptions,
): Promise<Instance> {
  if (!(await domain.isPersistent())) throw transient(domain);
  const xml = await domain.xml({ inactive: true, secure: true });
  await requireUnclaimed(tools, domain, xml);
  const power = await powerStateOf(domain);
  const { cells: hostCells } = await tools.host.facts();
  const { nova, ...facts } = adoptedFacts(xml, { at: new Date().toISOString(), hostCells, ports: [] });
  const name = chooseName(request.name, nova.name, domain.name);
  const kept = await keepAddresses(tools, facts.ports);
  const instance = tools.store.transaction(() => {
    const taken: Instance = {
      ...facts,
      image: { ...facts.image, name: imageName(tools, facts.image.id) },
      id: domain.uuid,
      number: tools.store.instances.allocateNumber(),
      name,
      hostname: sanitizeHostname(name, domain.uuid),
      vmState: power === 'SHUTDOWN' || power === 'CRASHED' || power === 'NOSTATE' ? 'stopped' : 'active',
      taskState: null,
      fault: null,
      disks: [],
      carrier: null,
      links: [],
      ports: kept.ports,
      metadata: {},
      volumes: [],
      shares: [],
      lock: null,
      rescue: null,
      resize: null,
      tags: checkTags(request.tags ?? []),
      createdAt: nova.createdAt ?? new Date().toISOString(),
      launchedAt: null,
    };
    tools.store.instances.insert(taken);
    for (const claim of kept.claims) tools.store.addresses.claim({ ...claim, instanceId: taken.id });
    return taken;
  });
  try {
    await told(options, 'mark', `marking the domain ${domain.name}`, () => markDomain(tools, domain));
  } catch (error) {
    forget(tools, instance.id);
    throw error;
  }
  tools.log.info({ instance: instance.id, domain: domain.name }, 'adopted');
  return instance;
}

/** What was asked for; else the name that Nova's metadata has, else the domain's. Throws `INSTANCE_NAME_INVALID`. */
function chooseName(asked: string | undefined, nova: string | undefined, domain: string): string {
  if (asked !== undefined) return asked;
  if (nova !== undefined && isInstanceName(nova)) return nova;
  if (isInstanceName(domain)) return domain;
  throw new Fault(
    'invalid',
    'INSTANCE_NAME_INVALID',
    `The domain's name "${domain.slice(0, 80)}" cannot be the name of an instance`,
    { hint: 'Give it another one with --name; the domain keeps its own.', details: { domain } },
  );
}

/** Of an image of ours; a guest of Nova's was made from one that we do not have. */
function imageName(tools: Tools, id: string): string {
  return tools.store.images.get(id)?.name ?? '';
}

/** By name, else by UUID. */
async function findDomain(connection: Connection, ref: string): Promise<Domain> {
  const byName = await connection.findDomain({ name: ref });
  const found = byName ?? (await byUuid(connection, ref));
  if (found !== undefined) return found;
  const names = (await connection.listDomains()).map(({ name }) => name).sort();
  const near = nearestName(ref, names);
  const all = names.length === 0 ? 'It has none.' : `It has: ${names.slice(0, 20).join(', ')}`;
  throw new Fault('not-found', 'DOMAIN_NOT_FOUND', `libvirt has no domain "${ref}"`, {
    hint: near === undefined ? all : `Did you mean ${near}? ${all}`,
    details: { domain: ref, uri: connection.uri },
  });
}

async function byUuid(connection: Connection, ref: string): Promise<Domain | undefined> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(ref)) return undefined;
  try {
    return await connection.domainByUuid(ref.toLowerCase());
  } catch (error) {
    if (isFault(error, 'DOMAIN_NOT_FOUND')) return undefined;
    throw error;
  }
}

function managed(domain: Domain, { name, adoption }: Instance): Fault {
  const how = adoption === null ? 'which novalet launched' : 'which was adopted';
  return new Fault(
    'conflict',
    'DOMAIN_MANAGED',
    `The domain ${domain.name} is the instance ${name} already, ${how}`,
    {
      hint: `novalet show ${name}`,
      details: { domain: domain.name, instance: name },
    },
  );
}

function transient(domain: Domain): Fault {
  return new Fault(
    'conflict',
    'DOMAIN_TRANSIENT',
    `The domain ${domain.name} has no definition: it would be gone when it stops`,
    {
      hint: `Give it one: virsh dumpxml --security-info ${domain.name} >FILE && virsh define FILE`,
      details: { domain: domain.name },
    },
  );
}

function notAdopted({ name }: Instance): Fault {
  return new Fault(
    'conflict',
    'INSTANCE_NOT_ADOPTED',
    `Instance ${name} was launched by novalet, so there is nobody to give it back to`,
    { hint: `Its disks are novalet's: novalet delete ${name} removes it with them.` },
  );
}
