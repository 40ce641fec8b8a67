// One minimal guest that is brought into whatever state a test begins in, with data on its disk and in its memory.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Compute, InstanceView } from '../../../src/compute/index.ts';
import type { Flavor, Instance, VmState } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import type { World } from '../support/world.ts';

export const NAME = 'web';

export class GuestInState {
  readonly #world: World;
  compute: Compute;
  #written = 0;

  private constructor(world: World, compute: Compute) {
    this.#world = world;
    this.compute = compute;
  }

  /** `flavor`: the smallest one when left out. */
  static async launch(world: World, flavor?: Flavor): Promise<GuestInState> {
    await world.minimalImage();
    const compute = await world.compute();
    if (flavor !== undefined) await compute.flavors.create(flavor);
    const chosen = flavor === undefined ? {} : { flavor: flavor.name };
    await compute.launch({ image: 'minimal', name: NAME, metadata: { role: 'web' }, ...chosen });
    await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
    return new GuestInState(world, compute);
  }

  async show(): Promise<InstanceView> {
    return await this.compute.show(NAME);
  }

  /** What a process leaves that dies while it holds the instance, with `record` in the record; then the next one comes. */
  async dieHolding(record: Partial<Instance>): Promise<void> {
    await this.#world.closeCompute();
    const program = join(import.meta.dirname, 'die-holding.ts');
    const child = spawn(process.execPath, [program, this.#database, NAME, JSON.stringify(record)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 60_000,
    });
    assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
    this.compute = await this.#world.compute();
  }

  get #database(): string {
    return join(this.#world.stateDir, 'state', 'novalet.db');
  }

  /** As the record says it, whatever the domain does. */
  record(vmState: VmState, name = NAME): void {
    using store = openStore(this.#database);
    const fault = vmState === 'error' ? { code: 'TEST', message: 'made for a test', at: '' } : null;
    const { id } = store.instances.find(name);
    store.instances.change(id, (current) => ({ ...current, vmState, fault }));
  }

  async sh(script: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.compute.exec(NAME, { argv: ['/bin/sh', '-c', script] });
    assert.equal(exitCode, 0, stderr.toString());
    return stdout.toString('utf8').trim();
  }

  /** Writes to the disk, down to the host, and to the memory. Gives what `requireData` looks for. */
  async writeData(): Promise<{ readonly token: string; readonly bootId: string }> {
    this.#written += 1;
    const token = `token-${this.#written}-${process.pid}`;
    await this.sh(
      `printf %-64s ${token} >/run/token && dd if=/run/token of=/dev/vda conv=fsync,notrunc 2>/dev/null`,
    );
    return { token, bootId: await this.sh('cat /proc/sys/kernel/random/boot_id') };
  }

  /** The data are on the disk; in memory too, or not any more, where it is another boot. */
  async requireData(
    data: { readonly token: string; readonly bootId: string },
    memory: 'kept' | 'gone',
  ): Promise<void> {
    await this.compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
    assert.equal((await this.sh('dd if=/dev/vda bs=64 count=1 2>/dev/null')).trim(), data.token);
    const bootId = await this.sh('cat /proc/sys/kernel/random/boot_id');
    if (memory === 'gone') assert.notEqual(bootId, data.bootId);
    else assert.deepEqual([bootId, await this.sh('cat /run/token')], [data.bootId, data.token]);
  }

  async requireState(vmState: VmState, status: string): Promise<void> {
    const view = await this.show();
    assert.deepEqual(
      {
        vmState: view.instance.vmState,
        status: view.status,
        task: view.instance.taskState,
        fault: view.instance.fault,
      },
      { vmState, status, task: null, fault: null },
    );
  }
}
