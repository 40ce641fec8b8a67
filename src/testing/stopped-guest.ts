// Forks of a guest that is off: clones with copies of its disks, which boot.
import type { Novalet } from '../app/index.ts';
import { Gate } from '../base/index.ts';
import type { ForkSource, WaitLimits } from './fork-source.ts';

export class StoppedGuest implements ForkSource {
  readonly #host: Novalet;
  readonly #id: string;
  readonly #hasCloudInit: boolean;
  /** Who copies its disks holds it; one that waits for longer than 30 s would be refused. */
  readonly #copying = new Gate(1);

  private constructor(host: Novalet, id: string, hasCloudInit: boolean) {
    this.#host = host;
    this.#id = id;
    this.#hasCloudInit = hasCloudInit;
  }

  /** Of a guest that runs and is ready. */
  static async stop(
    host: Novalet,
    { id, hasCloudInit }: { readonly id: string; readonly hasCloudInit: boolean },
    { signal }: WaitLimits,
  ): Promise<StoppedGuest> {
    await host.compute.stop(id, { signal });
    return new StoppedGuest(host, id, hasCloudInit);
  }

  async fork(name: string, limits: WaitLimits, onMade: (id: string) => void): Promise<string> {
    const { compute } = this.#host;
    const { signal } = limits;
    const cloned = await this.#copying.run(
      () => compute.clone(this.#id, { name, start: false }, { signal }),
      signal,
    );
    const { id } = cloned.instance;
    onMade(id);
    await compute.start(id, { signal });
    await compute.waitFor(id, { kind: this.#hasCloudInit ? 'cloud-init' : 'agent' }, limits);
    return id;
  }
}
