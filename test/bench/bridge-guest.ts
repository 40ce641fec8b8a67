// The guest that the bridge is measured in: Debian with a NIC and sshd, so that ssh is the baseline, and a raw port.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compute, GuestAccess, Via } from '../../src/compute/index.ts';
import { connectUnix, runProgram } from '../../src/hostlink/index.ts';
import { type Connection, openConnection } from '../../src/libvirt/index.ts';
import { liveDomainFacts } from '../../src/libvirt-xml/index.ts';
import { World } from '../host/support/world.ts';

const RAW_PORT = 'org.novalet.raw.0';

export class BridgeGuest implements AsyncDisposable {
  readonly world: World;
  readonly compute: Compute;
  readonly id: string;
  readonly address: string;
  readonly #key: string;
  readonly #connection: Connection;

  private constructor(parts: {
    world: World;
    compute: Compute;
    id: string;
    address: string;
    key: string;
    connection: Connection;
  }) {
    this.world = parts.world;
    this.compute = parts.compute;
    this.id = parts.id;
    this.address = parts.address;
    this.#key = parts.key;
    this.#connection = parts.connection;
  }

  static async boot(): Promise<BridgeGuest> {
    const world = await World.make();
    const image = await world.debianImage();
    const key = join(world.stateDir, 'id');
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
    const compute = await world.compute();
    const size = { rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
    await compute.flavors.create({ name: 'bench', vcpus: 2, memoryMiB: 1536, ...size });
    const sshKeys = [{ name: 'bench', publicKey }];
    const userData = Buffer.from('#cloud-config\ndisable_root: false\n');
    const { id } = await compute.launch({ image, flavor: 'bench', sshKeys, userData });
    await compute.waitFor(id, { kind: 'cloud-init' }, { timeoutMs: 400_000 });
    const { interfaces } = await compute.addresses(id);
    const found = interfaces.flatMap(({ name, addresses }) => (name === 'lo' ? [] : addresses));
    const address = found.find(({ family }) => family === 'ipv4')?.address;
    if (address === undefined) throw new Error('the guest has no address');
    const connection = await openConnection('qemu:///system');
    const guest = new BridgeGuest({ world, compute, id, address, key, connection });
    await guest.ssh(['true']); // opens the master connection
    return guest;
  }

  async over(via: Via): Promise<GuestAccess> {
    return await this.compute.guest(this.id, { via });
  }

  /** By an ssh whose master connection is open. */
  async ssh(argv: readonly string[], input?: string): Promise<string> {
    const { stdout } = await runProgram('ssh', [...this.sshOptions, `root@${this.address}`, ...argv], {
      timeoutMs: 120_000,
      ...(input === undefined ? {} : { stdin: input }),
    });
    return stdout;
  }

  get sshOptions(): readonly string[] {
    const control = join(this.world.stateDir, 'ssh-%C');
    const words = [
      'BatchMode=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'LogLevel=ERROR',
    ];
    const all = [
      ...words,
      'ControlMaster=auto',
      `ControlPath=${control}`,
      'ControlPersist=600',
      `IdentityFile=${this.#key}`,
    ];
    return all.flatMap((word) => ['-o', word]);
  }

  /** A bare port: the socket on our side, its device in the guest. */
  async rawPort() {
    const domain = await this.#connection.domainByUuid(this.id);
    const xml = `<channel type='unix'><target type='virtio' name='${RAW_PORT}'/></channel>`;
    await domain.attachDevice(xml, { live: true });
    const { channels } = liveDomainFacts(await domain.xml());
    const path = channels.find(({ name }) => name === RAW_PORT)?.path ?? '';
    const socket = await connectUnix(path, 5000);
    await this.compute.exec(this.id, {
      argv: ['/bin/sh', '-c', `until [ -e /dev/virtio-ports/${RAW_PORT} ]; do sleep 0.1; done`],
      timeoutMs: 20_000,
    });
    return {
      socket,
      device: `/dev/virtio-ports/${RAW_PORT}`,
      [Symbol.asyncDispose]: async () => {
        socket.destroy();
        await once(socket, 'close');
        const source = `<source mode='bind' path='${path}'/>`;
        await domain.detachDevice(xml.replace('<target', `${source}<target`), { live: true });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runProgram('ssh', [...this.sshOptions, '-O', 'exit', `root@${this.address}`]);
    await this.#connection.close();
    await this.world[Symbol.asyncDispose]();
  }
}
