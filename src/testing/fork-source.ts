// The state from which forks are made, and how. The one place that decides it: a guest that is off, of which each fork is a
// clone that boots.
import type { Novalet } from '../app/index.ts';
import { Gate, isFault } from '../base/index.ts';

export interface WaitLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class ForkSource {
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

  /** Of a guest that runs: waits until it is ready, lets `prepare` do its part, and brings it to the state. */
  static async make(
    host: Novalet,
    id: string,
    prepare: () => Promise<void>,
    limits: WaitLimits,
  ): Promise<ForkSource> {
    const hasCloudInit = await untilReady(host, id, limits);
    await prepare();
    await host.compute.stop(id, { signal: limits.signal });
    return new ForkSource(host, id, hasCloudInit);
  }

  /** The id of a fork that is ready. `onMade` gets it as soon as there is something to remove. */
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

/** Its agent answers, and cloud-init is done where there is one. Whether there is. */
async function untilReady({ compute }: Novalet, id: string, limits: WaitLimits): Promise<boolean> {
  await compute.waitFor(id, { kind: 'agent' }, limits);
  try {
    await compute.waitFor(id, { kind: 'cloud-init' }, limits);
    return true;
  } catch (error) {
    if (!isFault(error, 'CLOUD_INIT_MISSING')) throw error;
    return false;
  }
}
