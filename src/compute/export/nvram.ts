// Where libvirt keeps a domain's UEFI variables.
import { find, parseXml, textOf } from '../../libvirt-xml/index.ts';
import type { Instance } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

/** Undefined for a guest with a BIOS, or one whose domain is gone. */
export async function nvramPath(tools: Tools, instance: Instance): Promise<string | undefined> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return undefined;
  const path = textOf(
    find(parseXml(await domain.xml({ inactive: true }), 'a domain'), 'os', 'nvram'),
  )?.trim();
  return path === '' ? undefined : path;
}
