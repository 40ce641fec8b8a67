// A guest that somebody else made: the minimal one's kernel and ramdisk in a domain of virsh's, with a disk of its own.
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../../src/hostlink/index.ts';
import { virsh } from '../support/ask-agent.ts';
import type { World } from '../support/world.ts';

const CACHE = process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test';

export interface ForeignGuest {
  /** libvirt's name. */
  readonly domain: string;
  readonly disk: string;
}

/** Defined, not started. `devices`: more of them. */
export async function defineForeignGuest(world: World, word: string, devices: string): Promise<ForeignGuest> {
  const domain = `${world.prefix}-${word}`;
  const file = (name: string) => join(world.stateDir, `${word}.${name}`);
  const minimal = join(CACHE, 'minimal');
  await copyFile(join(minimal, 'kernel'), file('kernel'));
  await copyFile(join(minimal, 'initrd'), file('initrd'));
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', file('qcow2'), '1M']);
  const xml = `
    <domain type="${process.env['NOVALET_TEST_VIRT_TYPE'] === 'kvm' ? 'kvm' : 'qemu'}" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
      <name>${domain}</name>
      <metadata>
        <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
          <nova:name>nova-${word}</nova:name>
          <nova:creationTime>2023-11-07 09:15:42</nova:creationTime>
          <nova:flavor name="m1.old"><nova:memory>256</nova:memory><nova:disk>3</nova:disk></nova:flavor>
        </nova:instance>
        <note:note xmlns:note="urn:example:note">kept &amp; <note:b>unread</note:b></note:note>
      </metadata>
      <memory unit="MiB">256</memory>
      <vcpu>1</vcpu>
      <os>
        <type arch="x86_64" machine="q35">hvm</type>
        <kernel>${file('kernel')}</kernel><initrd>${file('initrd')}</initrd><cmdline>console=ttyS0</cmdline>
      </os>
      <features><acpi/></features>
      <on_crash>preserve</on_crash>
      <devices>
        <disk type="file"><driver name="qemu" type="qcow2"/><source file="${file('qcow2')}"/><target dev="vda" bus="virtio"/></disk>
        <interface type="user"><mac address="52:54:00:00:07:01"/><model type="virtio"/></interface>
        <graphics type="vnc" passwd="notshown" port="-1"/>
        ${devices}
      </devices>
      <qemu:commandline><qemu:arg value="-fw_cfg"/><qemu:arg value="name=opt/nvt,string=kept"/></qemu:commandline>
    </domain>`;
  await writeFile(file('xml'), xml);
  await virsh('define', file('xml'));
  await writeFile(file('xml'), await virsh('dumpxml', '--inactive', '--security-info', domain));
  await virsh('define', file('xml')); // libvirt puts some devices into another order when it reads what it wrote
  return { domain, disk: file('qcow2') };
}

/** The definition that libvirt starts it from, without novalet's mark and without the empty element that it leaves. */
export async function definitionOf(domain: string): Promise<string> {
  const xml = await virsh('dumpxml', '--inactive', '--security-info', domain);
  return xml
    .replace(/\s*<novalet:adopted [^>]*\/>/, '')
    .replace(/\s*<metadata>\s*<\/metadata>|\s*<metadata\/>/, '');
}

/** Names of its virtio-serial ports. */
export async function portsOf(domain: string, ...options: readonly string[]): Promise<readonly string[]> {
  const xml = await virsh('dumpxml', ...options, domain);
  return [...xml.matchAll(/<target type='virtio' name='([^']+)'/g)].map(([, name = '']) => name);
}
