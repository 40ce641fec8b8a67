// A machine with a disk and nothing on it, for tests of the binding: it starts, and finds nothing to boot.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newUuid } from '../../../src/base/index.ts';
import type { Connection, Domain } from '../../../src/libvirt/index.ts';

const run = promisify(execFile);

export const DISK_BYTES = 16 * 1024 * 1024;

export class Machine implements AsyncDisposable {
  readonly domain: Domain;
  /** Where its disk is; QEMU may write here. */
  readonly folder: string;
  readonly #server: Server;
  readonly #peers = new Set<Socket>();

  private constructor(domain: Domain, folder: string, server: Server) {
    this.domain = domain;
    this.folder = folder;
    this.#server = server;
    server.on('connection', (peer: Socket) => {
      this.#peers.add(peer);
      peer.on('error', () => peer.destroy());
    });
  }

  /** The far end of the next stream of the channel `nvt.talk.0`, once it is opened; QEMU's own end is the first. */
  async peer(): Promise<Socket> {
    const [peer] = await once(this.#server, 'connection');
    return peer;
  }

  /** Defines it; `start` is the test's. */
  static async define(connection: Connection): Promise<Machine> {
    // Not under /tmp: QEMU must be able to come here as its own user.
    const folder = await mkdtemp('/var/tmp/nvt-machine-');
    await run('chmod', ['0777', folder]);
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', join(folder, 'disk.qcow2'), String(DISK_BYTES)]);
    await run('chmod', ['0666', join(folder, 'disk.qcow2')]);
    const server = createServer({ pauseOnConnect: true }).listen(join(folder, 'talk'));
    await once(server, 'listening');
    await run('chmod', ['0666', join(folder, 'talk')]);
    return new Machine(await connection.defineDomain(machineXml(folder)), folder, server);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ((await this.domain.state()).state !== 'shutoff') await this.domain.destroy();
    await this.domain.undefine({
      nvram: 'remove',
      managedSave: true,
      snapshotsMetadata: true,
      checkpointsMetadata: true,
    });
    for (const peer of this.#peers) peer.destroy();
    this.#server.close();
    await rm(this.folder, { recursive: true });
  }
}

function machineXml(folder: string): string {
  return `<domain type='qemu'><name>nvt-${newUuid()}</name><memory unit='MiB'>64</memory>
    <vcpu current='1'>2</vcpu>
    <os><type arch='x86_64' machine='q35'>hvm</type><bios useserial='yes'/></os>
    <features><acpi/></features>
    <devices><controller type='usb' model='none'/>
      <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
        <source file='${join(folder, 'disk.qcow2')}'/><target dev='vda' bus='virtio'/></disk>
      <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target dev='sda' bus='sata'/></disk>
      <controller type='virtio-serial'/>
      <serial type='pty'><target port='0'/></serial>
      <console type='pty'><target type='serial' port='0'/></console>
      <channel type='unix'><source mode='connect' path='${join(folder, 'talk')}'/><target type='virtio' name='nvt.talk.0'/></channel>
      <graphics type='vnc' autoport='yes' listen='127.0.0.1'/>
      <video><model type='vga' vram='16384' heads='1'/></video>
      <memballoon model='virtio'/>
    </devices></domain>`;
}
