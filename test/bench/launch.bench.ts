// From the library's launch to a running domain, against the same work done by hand: qemu-img create, genisoimage, virsh
// create of the same XML on the same network. Connected, warm cache, alternating.
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compute } from '../../src/compute/index.ts';
import { runProgram } from '../../src/hostlink/index.ts';
import { World } from '../host/support/world.ts';
import { type Bench, compared, limited, median, timed } from './measure.ts';

const ROUNDS = 10;

export const run: Bench = async () => {
  await using world = await World.make();
  const image = await world.minimalImage();
  const compute = await world.compute();
  await launchOnce(compute, image); // makes the network and the base, reads the host's facts
  const hand = await Handwork.prepare(world, compute, image);
  const ours: number[] = [];
  const byHand: number[] = [];
  const commandLine: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await launchOnce(compute, image));
    byHand.push(await hand.launchOnce());
    commandLine.push(await launchByCommand(world, compute, image));
  }
  const library = median(ours);
  return [
    compared('launch to running domain, library against by hand', {
      unit: 'ms',
      ours: library,
      baseline: median(byHand),
      goal: 1.25,
    }),
    limited('launch, what the command line adds to the library', {
      unit: 'ms',
      ours: median(commandLine) - library,
      goal: 300,
    }),
  ];
};

async function launchOnce(compute: Compute, image: string): Promise<number> {
  let id = '';
  const ms = await timed(async () => {
    id = (await compute.launch({ image })).id;
  });
  await compute.delete(id);
  return ms;
}

async function launchByCommand(world: World, compute: Compute, image: string): Promise<number> {
  const ms = await timed(async () => {
    const { status, stderr } = await world.novalet(['--quiet', 'launch', image, '--name', 'bench']);
    if (status !== 0) throw new Error(stderr);
  });
  await compute.delete('bench');
  return ms;
}

/** What a person does with the tools alone; everything that can be made beforehand is. */
class Handwork {
  readonly #directory: string;
  readonly #base: string;
  readonly #xml: string;
  readonly #id: string;

  private constructor(facts: { directory: string; base: string; xml: string; id: string }) {
    this.#directory = facts.directory;
    this.#base = facts.base;
    this.#xml = facts.xml;
    this.#id = facts.id;
  }

  static async prepare(world: World, compute: Compute, image: string): Promise<Handwork> {
    const instance = await compute.launch({ image, name: 'model' });
    const instances = join(world.stateDir, 'state', 'instances');
    const from = join(instances, instance.id);
    const { stdout: info } = await runProgram('qemu-img', [
      'info',
      '-U',
      '--output=json',
      join(from, 'disk'),
    ]);
    const base = (JSON.parse(info) as { 'full-backing-filename': string })['full-backing-filename'];
    const directory = join(world.stateDir, 'by-hand');
    await mkdir(directory, { mode: 0o711 });
    await runProgram('xorriso', [
      '-osirrox',
      'on',
      '-indev',
      join(from, 'disk.config'),
      '-extract',
      '/',
      join(directory, 'tree'),
    ]);
    await runProgram('cp', [join(from, 'kernel'), join(from, 'ramdisk'), directory]);
    await compute.delete(instance.id);
    const { domainXml } = await compute.planLaunch({ image, name: 'model' });
    const planned = await planIdOf(domainXml);
    return new Handwork({
      directory,
      base,
      id: planned,
      xml: domainXml.replaceAll(join(instances, planned), directory),
    });
  }

  async launchOnce(): Promise<number> {
    const id = randomUUID();
    const xml = join(this.#directory, 'domain.xml');
    await writeFile(xml, this.#xml.replaceAll(this.#id, id));
    const disk = join(this.#directory, 'disk');
    const drive = join(this.#directory, 'disk.config');
    const ms = await timed(async () => {
      await runProgram('qemu-img', [
        'create',
        '-q',
        '-f',
        'qcow2',
        '-b',
        this.#base,
        '-F',
        'raw',
        disk,
        '1G',
      ]);
      await runProgram('genisoimage', [
        '-quiet',
        '-J',
        '-r',
        '-V',
        'config-2',
        '-o',
        drive,
        join(this.#directory, 'tree'),
      ]);
      await runProgram('virsh', ['-q', '-c', 'qemu:///system', 'create', xml], { timeoutMs: 120_000 });
    });
    await runProgram('virsh', ['-q', '-c', 'qemu:///system', 'destroy', id]);
    await rm(disk, { force: true });
    await rm(drive, { force: true });
    return ms;
  }
}

async function planIdOf(xml: string): Promise<string> {
  const id = /<uuid>([0-9a-f-]+)<\/uuid>/.exec(xml)?.[1];
  if (id === undefined) throw new Error('the plan has no uuid');
  return id;
}
