// From a launch to the agent's answer: of a Debian guest of 512 MiB that boots, of one that goes on from a template's memory
// with an identity of its own, and of a bare `virsh restore` of the same memory by hand, alternating, in one run. Then ten at
// once, and what they share.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compute, TemplateView } from '../../src/compute/index.ts';
import { runProgram } from '../../src/hostlink/index.ts';
import { clonedDomainXml } from '../../src/libvirt-xml/index.ts';
import type { Disk } from '../../src/model/index.ts';
import { copySaveImage, createRootOverlay, encodeSaveHead, readSaveImage } from '../../src/storage/index.ts';
import { SLOW_AGENT, World } from '../host/support/world.ts';
import { type Bench, compared, limited, type Measurement, median, timed } from './measure.ts';

const ROUNDS = 7;
const COLD_ROUNDS = 2;
const AT_ONCE = 10;
const MIB = 1024 * 1024;
const STEPS = ['look-up', 'files', 'define-domain', 'memory', 'plug', 'renew'];

export const run: Bench = async () => {
  await using world = await World.make(SLOW_AGENT);
  const image = await world.debianImage();
  const compute = await world.compute();
  const shape = { vcpus: 1, memoryMiB: 512, rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  const flavor = 'deb';
  await compute.flavors.create({ name: flavor, ...shape });
  const cold: number[] = [];
  for (let round = 0; round < COLD_ROUNDS; round += 1)
    cold.push(await booted(compute, { image, flavor, network: 'none' }));
  const made = await compute.templates.create({ name: 'bench', image, flavor });
  const hand = new BareRestore(world, made);
  const steps = new Map<string, number[]>();
  const [ours, bare, restored]: [number[], number[], number[]] = [[], [], []];
  await launchOnce(compute, 'warm-up', new Map());
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await launchOnce(compute, `round-${round}`, steps));
    const { toAgent, toRestored } = await hand.restoreOnce();
    bare.push(toAgent);
    restored.push(toRestored);
  }
  const one = median(ours);
  return [
    compared('launch from a template to the agent with an identity of its own, against a boot', {
      ...{ unit: 'ms', ours: one, baseline: median(cold), goal: 0.1 },
    }),
    compared('the same against virsh restore of the same memory to the agent', {
      ...{ unit: 'ms', ours: one, baseline: median(bare), goal: 1, plus: 500 },
    }),
    limited('of the baseline, virsh restore alone', { unit: 'ms', ours: median(restored), goal: null }),
    ...STEPS.map((step) =>
      limited(`of a launch from a template: ${step}`, {
        ...{ unit: 'ms', ours: median(steps.get(step) ?? []), goal: null },
      }),
    ),
    limited("size of the template's memory", {
      ...{ unit: 'MiB', ours: memoryBytes(made) / MIB, goal: null },
    }),
    ...(await tenAtOnce(compute, one)),
  ];
};

function memoryBytes({ template }: TemplateView): number {
  return template.files.find(({ name }) => name === 'memory')?.allocatedBytes ?? Number.NaN;
}

async function booted(
  compute: Compute,
  request: { readonly image: string; readonly flavor: string; readonly network: string },
): Promise<number> {
  const ms = await timed(async () => {
    await compute.launch({ ...request, name: 'cold' });
    await compute.waitFor('cold', { kind: 'agent' }, { timeoutMs: 300_000 });
  });
  await compute.delete('cold');
  return ms;
}

async function launchOnce(compute: Compute, name: string, steps: Map<string, number[]>): Promise<number> {
  const begun = new Map<string, number>();
  const ms = await timed(async () => {
    const onProgress = ({ step, phase }: { step: string; phase: string }) => {
      if (phase === 'begin') begun.set(step, performance.now());
      if (phase !== 'end') return;
      steps.set(step, [...(steps.get(step) ?? []), performance.now() - (begun.get(step) ?? Number.NaN)]);
    };
    const { why } = await compute.templates.launch('bench', { name, network: 'none' }, { onProgress });
    if (why !== null) throw why;
  });
  await compute.delete(name);
  return ms;
}

/** What `virsh restore` takes, given a file with the clone's XML already in it and an overlay for its disk. */
class BareRestore {
  readonly #world: World;
  readonly #made: TemplateView;
  #count = 0;

  constructor(world: World, made: TemplateView) {
    this.#world = world;
    this.#made = made;
  }

  async restoreOnce(): Promise<{ readonly toAgent: number; readonly toRestored: number }> {
    this.#count += 1;
    const name = `${this.#world.prefix}-bare-${this.#count}`;
    const directory = join(this.#world.stateDir, name);
    await mkdir(directory, { mode: 0o711 });
    const file = await this.#prepare(name, directory);
    let toRestored = 0;
    const toAgent = await timed(async () => {
      toRestored = await timed(() => virsh('restore', file));
      await virsh('qemu-agent-command', name, '{"execute":"guest-ping"}');
    });
    await virsh('destroy', name);
    await rm(directory, { recursive: true });
    return { toAgent, toRestored };
  }

  async #prepare(name: string, directory: string): Promise<string> {
    const { id, guest } = this.#made.template;
    const from = join(this.#world.stateDir, 'state', 'templates', id);
    const image = await readSaveImage(join(from, 'memory'));
    const disks = new Map<string, { file: string; format: Disk['format'] } | null>();
    for (const { target, fileName, format, role, sizeBytes } of guest?.disks ?? []) {
      const file = join(directory, fileName);
      if (format === 'qcow2')
        await createRootOverlay(
          file,
          { path: join(from, fileName), format, virtualSizeBytes: sizeBytes },
          sizeBytes,
        );
      else if (role !== 'config') await runProgram('cp', [join(from, fileName), file]);
      disks.set(target, role === 'config' ? null : { file, format });
    }
    const log = join(this.#world.stateDir, 'state', 'instances', guest?.id ?? '', 'console.log');
    const xml = clonedDomainXml(image.xml, {
      ...{ name, uuid: randomUUID(), genid: randomUUID(), metadata: [], disks },
      files: new Map([[log, join(directory, 'console.log')]]),
    });
    const file = join(directory, 'memory');
    await copySaveImage(image, encodeSaveHead(image, xml), file);
    return file;
  }
}

async function virsh(...words: readonly string[]): Promise<void> {
  await runProgram('virsh', ['-q', '-c', 'qemu:///system', ...words], { timeoutMs: 120_000 });
}

/** Until all of them answer; and what of their memory nobody else has. */
async function tenAtOnce(compute: Compute, one: number): Promise<readonly Measurement[]> {
  const names = Array.from({ length: AT_ONCE }, (_unused, at) => `ten-${at}`);
  const all = await timed(() =>
    Promise.all(
      names.map(async (name) => {
        const { why } = await compute.templates.launch('bench', { name, network: 'none' });
        if (why !== null) throw why;
      }),
    ),
  );
  const memories = await Promise.all(names.map((name) => memoryOf(compute, name)));
  for (const name of names) await compute.delete(name);
  const mean = (key: 'resident' | 'own') =>
    memories.reduce((sum, memory) => sum + memory[key], 0) / memories.length;
  return [
    compared('ten launches from a template at once, against one', {
      ...{ unit: 'ms', ours: all, baseline: one, goal: 6 },
    }),
    limited('resident memory of each of the ten', { unit: 'MiB', ours: mean('resident'), goal: null }),
    limited('of it, what it shares with nobody', { unit: 'MiB', ours: mean('own'), goal: null }),
  ];
}

async function memoryOf(compute: Compute, name: string) {
  const { domainName } = (await compute.show(name)).instance;
  const { stdout } = await runProgram('pgrep', ['-f', `guest=${domainName},`]);
  const rollup = await readFile(`/proc/${stdout.trim().split('\n')[0]}/smaps_rollup`, 'utf8');
  const kiB = (what: string) => Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]);
  return { resident: kiB('Rss') / 1024, own: (kiB('Private_Clean') + kiB('Private_Dirty')) / 1024 };
}
