// The one thing that adopting changes of a domain: an element of ours under its `<metadata>`, which says whose it is, so
// that no second state directory takes the same domain. Releasing removes it.
import { Fault, isFault } from '../base/index.ts';
import type { Affects, Domain } from '../libvirt/index.ts';
import { attributeOf, element, parseXml, serializeXml } from '../libvirt-xml/index.ts';
import { readAdopted } from './adopted-record.ts';
import { powerStateOf } from './power-state.ts';
import { isElsewhere, realPath } from './state-owner.ts';
import type { Tools } from './tools.ts';

const NAMESPACE = 'urn:novalet:adoption';
const PREFIX = 'novalet';

export async function markDomain(tools: Tools, domain: Domain): Promise<void> {
  const xml = serializeXml(element('adopted', { state: await realPath(tools.paths.stateDir) }));
  await domain.setMetadata({ uri: NAMESPACE, key: PREFIX, xml }, await everywhere(domain));
}

/** One that is not there is fine. */
export async function unmarkDomain(domain: Domain): Promise<void> {
  const mark = { uri: NAMESPACE, key: PREFIX, xml: undefined };
  try {
    await domain.setMetadata(mark, await everywhere(domain));
  } catch (error) {
    if (!isFault(error, 'DOMAIN_METADATA_NOT_FOUND')) throw error;
  }
}

/** Throws `DOMAIN_MANAGED_ELSEWHERE` when a state directory that is there, and is not ours, has the domain. */
export async function requireUnclaimed(tools: Tools, domain: Domain, xml: string): Promise<void> {
  const marked = await markOf(domain);
  for (const state of [...(marked === undefined ? [] : [marked]), ...builtIn(xml)]) {
    if (!(await isElsewhere(tools.paths.stateDir, state))) continue;
    throw new Fault(
      'conflict',
      'DOMAIN_MANAGED_ELSEWHERE',
      `The domain ${domain.name} belongs to another novalet, whose state is in ${state}`,
      {
        hint: `Use that one: NOVALET_STATE_DIR=${state} novalet list. An adopted one is given back there with: novalet release NAME`,
        details: { domain: domain.name, state },
      },
    );
  }
}

async function markOf(domain: Domain): Promise<string | undefined> {
  try {
    const mark = await domain.metadata('element', { uri: NAMESPACE, config: true });
    return attributeOf(parseXml(mark, "a domain's metadata"), 'state');
  } catch (error) {
    if (isFault(error, 'DOMAIN_METADATA_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** State directories in whose instance directory the domain's own files lie: it was launched there. */
function builtIn(xml: string): readonly string[] {
  const { uuid, files, consoleLog } = readAdopted(xml);
  const inside = `/instances/${uuid}/`;
  const paths = consoleLog === null ? files : [...files, consoleLog];
  return [
    ...new Set(paths.filter((path) => path.includes(inside)).map((path) => path.split(inside)[0] ?? '')),
  ];
}

/** A domain that somebody undefined while it ran has no configuration any more. */
async function everywhere(domain: Domain): Promise<Affects> {
  const power = await powerStateOf(domain);
  const live = power !== 'SHUTDOWN' && power !== 'CRASHED' && power !== 'NOSTATE';
  return { live, config: await domain.isPersistent() };
}
