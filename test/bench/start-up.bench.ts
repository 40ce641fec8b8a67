// How long a person waits for the command line to answer.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE, World } from '../host/support/world.ts';
import { type Bench, limited, type Measurement, median, timed } from './measure.ts';

const ROUNDS = 11;
const GUEST = {
  flavor: { name: 'f', vcpus: 1, memory_mb: 512 },
  image: {},
  instance: { uuid: '11111111-2222-3333-4444-555555555555' },
};

export const run: Bench = async () => {
  await using world = await World.make();
  await world.compute();
  await world.closeCompute();
  const directory = await mkdtemp(join(tmpdir(), 'nvt-bench-'));
  try {
    const guest = join(directory, 'guest.json');
    await writeFile(guest, JSON.stringify(GUEST));
    return [
      await row('novalet list', ['--config', world.configFile, 'list'], 250),
      await row('novalet render', ['render', guest], 120),
      await row('novalet completion bash', ['completion', 'bash'], 120),
      await row('novalet --help', ['--help'], 120),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

async function row(name: string, args: readonly string[], goal: number): Promise<Measurement> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await timed(async () => runOnce(args)));
  return limited(name, { unit: 'ms', ours: median(times), goal });
}

function runOnce(args: readonly string[]): void {
  const { status, stderr } = spawnSync(join(PACKAGE, 'scripts', 'novalet'), [...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0) throw new Error(stderr);
}
