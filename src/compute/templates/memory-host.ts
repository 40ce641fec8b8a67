// What a memory image depends on, as this host has it, and whether a template's still fits.
import { createHash } from 'node:crypto';
import { find, parseXml, serializeXml } from '../../libvirt-xml/index.ts';
import type { Instance, TemplateHost } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

/** What of libvirt's description of the CPU is another one after a start, or after an update of its firmware. */
const PASSING = ['counter', 'microcode', 'signature'];

/** `machine` is the running domain's. */
export async function memoryHost(
  tools: Tools,
  guest: Pick<Instance, 'hardware'>,
  machine: string,
): Promise<TemplateHost> {
  const connection = await tools.libvirt.control();
  const { libvirt, hypervisor: qemu } = await connection.versions();
  const cpu = guest.hardware.virtType === 'qemu' ? 'emulated' : cpuOf(await connection.capabilities());
  return { libvirt, qemu, cpu: createHash('sha256').update(cpu).digest('hex'), machine };
}

/** Why it does not fit, for people; null where it does. A newer libvirt reads what an older one wrote. Pure. */
export function misfit(made: TemplateHost, now: TemplateHost): string | null {
  if (made.qemu !== now.qemu) return `it was made by QEMU ${made.qemu}, and this host has ${now.qemu}`;
  if (made.cpu !== now.cpu) return "this host's CPU is another one now";
  return null;
}

function cpuOf(capabilities: string): string {
  const host = find(parseXml(capabilities, "libvirt's capabilities"), 'host');
  const cpu = host === undefined ? undefined : find(host, 'cpu');
  if (cpu === undefined) return '';
  const children = cpu.children.filter((child) => typeof child === 'string' || !PASSING.includes(child.name));
  return serializeXml({ ...cpu, children });
}
