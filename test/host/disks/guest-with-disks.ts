// One minimal guest whose disks a test changes, and what it sees of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Compute, DiskView } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { World } from '../support/world.ts';

export const NAME = 'disky';
/** Longer than an emulated guest takes to boot on a busy host. */
const BOOT_MS = 240_000;
/** Scripts wait for devices to come. */
const SCRIPT_MS = 120_000;

export class GuestWithDisks {
  readonly compute: Compute;
  /** Of the instance. */
  readonly directory: string;
  readonly domainName: string;

  private constructor(compute: Compute, directory: string, domainName: string) {
    this.compute = compute;
    this.directory = directory;
    this.domainName = domainName;
  }

  static async launch(world: World): Promise<GuestWithDisks> {
    await world.minimalImage();
    const compute = await world.compute();
    const { id, domainName } = await compute.launch({ image: 'minimal', name: NAME });
    const guest = new GuestWithDisks(compute, join(world.stateDir, 'state', 'instances', id), domainName);
    await guest.booted();
    return guest;
  }

  /** The same guest by another engine. */
  with(compute: Compute): GuestWithDisks {
    return new GuestWithDisks(compute, this.directory, this.domainName);
  }

  async booted(): Promise<void> {
    await this.compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOOT_MS });
  }

  async sh(script: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.compute.exec(NAME, {
      argv: ['/bin/sh', '-c', script],
      timeoutMs: SCRIPT_MS,
    });
    assert.equal(exitCode, 0, `${script}: ${stderr.toString()}`);
    return stdout.toString('utf8').trim();
  }

  /** The guest's name for a disk on virtio, by its serial, of which it is told 20 characters. Waits until it is there. */
  async deviceOf({ id }: Pick<DiskView, 'id'>): Promise<string> {
    const serial = id?.slice(0, 20) ?? assert.fail('it has no id');
    const look = `grep -l ${serial} /sys/block/vd*/serial 2>/dev/null`;
    return (await this.sh(`until ${look}; do sleep 0.1; done | tail -n 1`)).split('/')[3] ?? '';
  }

  async write(device: string, text: string): Promise<void> {
    await this.sh(`printf %-512s '${text}' | dd of=/dev/${device} conv=fsync 2>/dev/null`);
  }

  async read(device: string): Promise<string> {
    return await this.sh(`dd if=/dev/${device} bs=512 count=1 2>/dev/null`);
  }

  async list(): Promise<readonly DiskView[]> {
    return await this.compute.disks.list(NAME);
  }

  /** What the next start follows. */
  async definition(): Promise<string> {
    return await this.#xml('--inactive');
  }

  async liveXml(): Promise<string> {
    return await this.#xml();
  }

  async #xml(...options: readonly string[]): Promise<string> {
    const words = ['-c', 'qemu:///system', 'dumpxml', ...options, this.domainName];
    return (await runProgram('virsh', words)).stdout;
  }
}
