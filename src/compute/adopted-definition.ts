// The definition of an adopted domain as it is kept in its record, and how libvirt gets it back.
import { Fault } from '../base/index.ts';
import type { Domain } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import { adoptedFacts } from './adopted-record.ts';
import { markDomain } from './adoption-mark.ts';
import type { Tools } from './tools.ts';

/** Its owner may have changed the domain: what is kept follows what it is started from. */
export async function rememberDefinition(
  tools: Tools,
  instance: Instance,
  domain: Domain,
): Promise<Instance> {
  const xml = await domain.xml({ inactive: true, secure: true });
  if (instance.adoption?.domainXml === xml) return instance;
  const { cells: hostCells } = await tools.host.facts();
  return tools.store.instances.change(instance.id, (current) => {
    if (current.adoption === null) return current;
    const context = { at: current.adoption.at, hostCells, ports: current.ports };
    const { nova: _nova, image, ...facts } = adoptedFacts(xml, context);
    return { ...current, ...facts, image: { ...current.image, properties: image.properties } };
  });
}

/** Defines it from the record, as it was; for a domain that somebody undefined. libvirt wrote it, so its schema is not asked. */
export async function defineAdopted(tools: Tools, instance: Instance): Promise<Domain> {
  if (instance.adoption === null)
    throw new Fault('internal', 'INTERNAL', `Instance ${instance.name} was not adopted`);
  const connection = await tools.libvirt.control();
  const domain = await connection.defineDomain(instance.adoption.domainXml);
  await markDomain(tools, domain);
  return domain;
}
