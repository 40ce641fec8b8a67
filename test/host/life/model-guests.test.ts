// The lives of model.ts again, fewer of them, with a real guest, which wrote to its disk what has to be found there at the end.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { FRESH, type Model, type Real, type Seen, steps } from './model.ts';

const LIVES = process.env['NOVALET_TEST_LONG'] === '1' ? 50 : 10;
const LONGEST_LIFE = 8;
/** Of the token on the guest's disk, which has no filesystem. */
const SECTOR = 2048;

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

class Life implements Real {
  readonly id: string;
  readonly compute: Compute;
  readonly #domain: string;

  constructor(compute: Compute, instance: { readonly id: string; readonly domainName: string }) {
    this.compute = compute;
    this.id = instance.id;
    this.#domain = instance.domainName;
  }

  readonly virsh = {
    destroy: () => this.#virsh('destroy'),
    suspend: () => this.#virsh('suspend'),
    resume: () => this.#virsh('resume'),
    undefine: () => this.#virsh('undefine'),
    'drop-saved-memory': () => this.#virsh('managedsave-remove'),
  };

  async look(): Promise<Seen> {
    const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'list', '--all', '--managed-save']);
    const line = stdout
      .toString()
      .split('\n')
      .find((text) => text.includes(this.#domain));
    if (line === undefined) return { domain: 'none', hasSavedMemory: false, disks: {} };
    const [, state] = /\s(running|paused|shut off|saved)\s*$/.exec(line) ?? [];
    assert.ok(state !== undefined, line);
    const isOn = state === 'running' || state === 'paused';
    return { domain: isOn ? state : 'off', hasSavedMemory: state === 'saved', disks: {} };
  }

  async #virsh(command: string): Promise<void> {
    await runProgram('virsh', ['-c', 'qemu:///system', command, this.#domain], { timeoutMs: 60_000 });
  }
}

/** Brings it from wherever a life ended to where the next one begins, by the roads that the states have. */
async function comesHome(real: Life, model: Model): Promise<void> {
  const { compute, id } = real;
  if (model.isLocked) await compute.unlock(id);
  if (model.state === 'suspended' && model.hasSavedMemory) await compute.resume(id);
  if (model.state === 'suspended' && !model.hasSavedMemory) {
    await assert.rejects(compute.resume(id), { code: 'SAVED_MEMORY_GONE' });
    await compute.start(id);
  }
  if (model.state === 'paused') await compute.unpause(id);
  if (model.state === 'stopped') await compute.start(id);
  await compute.rename(id, FRESH.name);
  await compute.change(id, { metadata: { role: FRESH.role } });
}

async function inGuest(compute: Compute, id: string, script: string): Promise<string> {
  await compute.waitFor(id, { kind: 'agent' }, { timeoutMs: 300_000 });
  const { stdout, stderr, exitCode } = await compute.exec(id, { argv: ['sh', '-c', script], via: 'agent' });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString();
}

test(`in ${LIVES} lives of a guest, record, libvirt and its disk agree`, { timeout: 3_600_000 }, async () => {
  const image = await world.minimalImage();
  const compute = await world.compute();
  const instance = await compute.launch({ image, name: FRESH.name, metadata: { role: FRESH.role } });
  const { id } = instance;
  const real = new Life(compute, instance);
  const lives = fc.asyncProperty(fc.commands(steps(), { maxCommands: LONGEST_LIFE }), async (commands) => {
    const token = randomBytes(8).toString('hex');
    await inGuest(
      compute,
      id,
      `echo ${token} | dd of=/dev/vda seek=${SECTOR} conv=notrunc 2>/dev/null && sync`,
    );
    const model: Model = { ...FRESH, state: 'active', disks: {} };
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await comesHome(real, model);
    const read = await inGuest(compute, id, `dd if=/dev/vda skip=${SECTOR} count=1 2>/dev/null | head -n 1`);
    assert.equal(read.trim(), token);
  });
  // A life that failed has left the guest anywhere, so none is tried again.
  await fc.assert(lives, { numRuns: LIVES, endOnFailure: true });
});
