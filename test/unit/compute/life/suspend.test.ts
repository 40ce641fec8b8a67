// Giving up a save that libvirt is busy with. libvirt is a stand-in here: real saves end too fast to be given up on time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../../src/base/index.ts';
import { suspendInstance } from '../../../../src/compute/life/suspend.ts';
import type { Tools } from '../../../../src/compute/tools.ts';
import { openStore, type Store } from '../../../../src/store/index.ts';
import { anInstance } from '../../store/an-instance.ts';

/** A domain that saves until it is told to give up, and then does as `atAbort` says. */
class SavingDomain {
  readonly uuid = 'one';
  readonly began = Promise.withResolvers<void>();
  readonly jobs = {
    stats: () =>
      Promise.resolve({ type: this.#isSaving ? 'unbounded' : 'none', operation: 'save', params: {} }),
    abort: () => this.#abort(),
  };
  readonly events: (() => void)[] = [];
  readonly #saving = Promise.withResolvers<void>();
  readonly #atAbort: 'goes on' | 'is saved';
  #isSaving = false;
  #isOff = false;

  constructor(atAbort: 'goes on' | 'is saved') {
    this.#atAbort = atAbort;
  }

  state() {
    return Promise.resolve({
      state: this.#isOff ? 'shutoff' : this.#isSaving ? 'paused' : 'running',
      reason: 0,
    });
  }

  async managedSave(): Promise<void> {
    this.#isSaving = true;
    this.began.resolve();
    await this.#saving.promise;
  }

  isPersistent() {
    return Promise.resolve(true);
  }

  hasManagedSave() {
    return Promise.resolve(this.#isOff);
  }

  #abort(): Promise<void> {
    this.#isSaving = false;
    this.#isOff = this.#atAbort === 'is saved';
    if (this.#isOff) this.#saving.resolve();
    else this.#saving.reject(new Fault('refused', 'LIBVIRT_REFUSED', 'job was cancelled'));
    for (const tell of this.events) tell();
    return this.#isOff
      ? Promise.reject(new Fault('conflict', 'LIBVIRT_STATE_CONFLICT', 'there is no job'))
      : Promise.resolve();
  }
}

function toolsOf(store: Store, domain: SavingDomain): Tools {
  const subscribe = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    domain.events.push(resolve);
    return Promise.resolve({
      async *[Symbol.asyncIterator]() {
        await promise;
        yield { kind: 'lifecycle', uuid: 'one', event: 'resumed' };
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
  const libvirt = {
    domain: () => Promise.resolve(domain),
    findDomain: () => Promise.resolve(domain),
    control: () => Promise.resolve({ subscribe }),
  };
  return { store, libvirt } as unknown as Tools;
}

async function suspendAndGiveUp(domain: SavingDomain, store: Store): Promise<void> {
  store.instances.insert(anInstance({ id: 'one', name: 'web', vmState: 'active' }));
  const gaveUp = new AbortController();
  const suspending = suspendInstance(toolsOf(store, domain), 'web', { signal: gaveUp.signal });
  await Promise.race([domain.began.promise, suspending]);
  gaveUp.abort();
  await suspending;
}

test('a save that is given up is aborted, and the guest goes on', async () => {
  using store = openStore(':memory:');
  const domain = new SavingDomain('goes on');
  await assert.rejects(suspendAndGiveUp(domain, store), (error) => isFault(error, 'CANCELLED'));
  const { vmState, taskState } = store.instances.find('web');
  assert.deepEqual({ vmState, taskState }, { vmState: 'active', taskState: null });
  assert.equal((await domain.jobs.stats()).type, 'none');
});

test('a save that had ended when it was given up is a save', async () => {
  using store = openStore(':memory:');
  await suspendAndGiveUp(new SavingDomain('is saved'), store);
  const { vmState, taskState } = store.instances.find('web');
  assert.deepEqual({ vmState, taskState }, { vmState: 'suspended', taskState: null });
});
