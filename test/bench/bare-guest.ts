// A minimal guest for the engine beside libvirt alone: its domain over a connection of its own, so that a call is libvirt's
// work and nothing else. virsh as a process would add some 30 ms of its own to each.

import { delay, isFault } from '../../src/base/index.ts';
import type { Compute } from '../../src/compute/index.ts';
import { type Connection, type Domain, type LibvirtEvent, openConnection } from '../../src/libvirt/index.ts';
import { World } from '../host/support/world.ts';

const ASK_AGAIN_MS = 5;
const AGENT_TIMEOUT_MS = 120_000;

export class BareGuest implements AsyncDisposable {
  readonly world: World;
  readonly compute: Compute;
  readonly id: string;
  readonly domain: Domain;
  readonly #connection: Connection;
  readonly #held: AsyncDisposableStack;

  private constructor(
    parts: { world: World; compute: Compute; id: string; domain: Domain; connection: Connection },
    held: AsyncDisposableStack,
  ) {
    this.world = parts.world;
    this.compute = parts.compute;
    this.id = parts.id;
    this.domain = parts.domain;
    this.#connection = parts.connection;
    this.#held = held;
  }

  /** Resolves when the domain runs: the guest is booting then. */
  static async launch(): Promise<BareGuest> {
    await using held = new AsyncDisposableStack();
    const world = held.use(await World.make());
    const image = await world.minimalImage();
    const compute = await world.compute();
    const { id } = await compute.launch({ image, name: 'bench' });
    const connection = held.use(await openConnection('qemu:///system'));
    const domain = await connection.domainByUuid(id);
    return new BareGuest({ world, compute, id, domain, connection }, held.move());
  }

  async booted(): Promise<void> {
    await this.compute.waitFor(this.id, { kind: 'agent' }, { timeoutMs: AGENT_TIMEOUT_MS });
  }

  /** Does `act` and resolves when libvirt has told of what it leads to. */
  async until(isIt: (event: LibvirtEvent) => boolean, act: () => Promise<unknown>): Promise<void> {
    await using events = await this.#connection.subscribe();
    await act();
    for await (const event of events) {
      if ('uuid' in event && event.uuid === this.id && isIt(event)) return;
    }
  }

  /**
   * libvirt's own call, which goes through the agent; asked until the agent is there. That of the minimal guest has no hwclock
   * and refuses: then this measures the call, and nobody sets the clock.
   */
  async setTime(): Promise<void> {
    await this.#agentAnswers();
    const nowMs = Date.now();
    try {
      await this.domain.setTime(Math.floor(nowMs / 1000), (nowMs % 1000) * 1_000_000);
    } catch (error) {
      if (!isFault(error, 'LIBVIRT_FAILED')) throw error;
    }
  }

  async #agentAnswers(): Promise<void> {
    const deadline = performance.now() + AGENT_TIMEOUT_MS;
    for (;;) {
      try {
        await this.domain.agentCommand('{"execute":"guest-ping"}', 5);
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await delay(ASK_AGAIN_MS);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]();
  }
}
