// A minimal guest of profile `modern` with some switches set otherwise, and what the host sees of it.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compute } from '../../src/compute/index.ts';
import { runProgram } from '../../src/hostlink/index.ts';
import { openConnection } from '../../src/libvirt/index.ts';
import { World } from '../host/support/world.ts';

/** As in the configuration: `{ iothreads: false }`. */
export type Switches = Readonly<Record<string, boolean>>;

/** Where libvirt writes who its QEMUs are. */
const PID_FILES = '/run/libvirt/qemu';

export class SwitchGuest implements AsyncDisposable {
  readonly compute: Compute;
  readonly id: string;
  /** The domain's name. */
  readonly domain: string;
  readonly #rootDisk: string;
  readonly #pid: number;
  readonly #held: AsyncDisposableStack;

  private constructor(parts: {
    compute: Compute;
    id: string;
    domain: string;
    rootDisk: string;
    pid: number;
    held: AsyncDisposableStack;
  }) {
    this.compute = parts.compute;
    this.id = parts.id;
    this.domain = parts.domain;
    this.#rootDisk = parts.rootDisk;
    this.#pid = parts.pid;
    this.#held = parts.held;
  }

  /** One virtual CPU. Resolves when a command can be run inside. */
  static async boot(switches: Switches, memoryMiB = 512): Promise<SwitchGuest> {
    await using held = new AsyncDisposableStack();
    const world = held.use(
      await World.make(`hardware: ${JSON.stringify({ profile: 'modern', ...switches })}`),
    );
    const image = await world.minimalImage();
    const compute = await world.compute();
    const rest = { rootGiB: 1, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
    await compute.flavors.create({ name: 'bench', vcpus: 1, memoryMiB, ...rest });
    const { id } = await compute.launch({ image, flavor: 'bench' });
    await compute.waitFor(id, { kind: 'agent' }, { timeoutMs: 120_000 });
    await using connection = await openConnection('qemu:///system');
    const { name: domain } = await connection.domainByUuid(id);
    const pid = Number(await readFile(join(PID_FILES, `${domain}.pid`), 'utf8'));
    const rootDisk = join(world.stateDir, 'state', 'instances', id, 'disk');
    await compute.exec(id, { argv: ['/bin/true'] }); // opens the road
    return new SwitchGuest({ compute, id, domain, rootDisk, pid, held: held.move() });
  }

  /** Standard output of a script that ends well. */
  async sh(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(script);
    if (exitCode !== 0) throw new Error(`${script}: ended with ${exitCode}: ${stderr.toString('utf8')}`);
    return stdout.toString('utf8').trim();
  }

  async run(script: string) {
    return await this.compute.exec(this.id, { argv: ['/bin/sh', '-c', script], timeoutMs: 180_000 });
  }

  async virsh(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await runProgram('virsh', [
      '-q',
      '-c',
      'qemu:///system',
      command,
      this.domain,
      ...args,
    ]);
    return stdout;
  }

  /** Of QEMU's process: what of the guest's memory the host really gives, and QEMU's own. */
  async residentMiB(): Promise<number> {
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8');
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kib === undefined) throw new Error(`QEMU (${this.#pid}) has no resident memory`);
    return Number(kib) / 1024;
  }

  /** What the root disk's file takes on the host, holes left out. */
  async rootDiskMiB(): Promise<number> {
    const { blocks } = await stat(this.#rootDisk);
    return (blocks * 512) / 1024 ** 2;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]();
  }
}
