// The recipes give the same bytes for the same day: two builds are compared. Long, since it builds the guests anew.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { PACKAGE } from '../support/world.ts';

const env = { SOURCE_DATE_EPOCH: '1767225600' };
let folder = '';

before(async () => {
  folder = await mkdtemp('/var/tmp/novalet-test-recipes-');
});
after(() => rm(folder, { recursive: true, force: true }));

async function build(recipe: string, args: readonly string[]): Promise<void> {
  await runProgram(join(PACKAGE, 'templates', recipe, 'build'), args, { env, timeoutMs: 900_000 });
}

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

test('two builds of the minimal guest have the same kernel, initramfs and disk', async () => {
  for (const round of ['first', 'second']) await build('minimal', ['--output-dir', join(folder, round)]);
  for (const name of ['kernel', 'initrd', 'disk.raw']) {
    assert.equal(await digest(join(folder, 'first', name)), await digest(join(folder, 'second', name)), name);
  }
});

test('two builds of the Debian guest hold the same files with the same content', async () => {
  const listings: string[] = [];
  for (const round of ['one', 'two']) {
    const image = join(folder, `${round}.qcow2`);
    await build('debian', ['--output', image]);
    listings.push(await listing(image, join(folder, round)));
  }
  assert.equal(listings[0], listings[1]);
  assert.ok((listings[0] ?? '').split('\n').length > 1000);
});

/** Every file of the image's root filesystem with its digest. */
async function listing(image: string, to: string): Promise<string> {
  const raw = `${to}.raw`;
  await runProgram('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, raw], { timeoutMs: 120_000 });
  const { stdout: table } = await runProgram('sfdisk', ['--json', raw]);
  const { partitions, sectorsize = 512 } = JSON.parse(table).partitiontable;
  const root = partitions.toSorted((a: { size: number }, b: { size: number }) => b.size - a.size)[0];
  await mkdir(to);
  const filesystem = `${raw}?offset=${root.start * sectorsize}`;
  await runProgram('debugfs', ['-R', `rdump / ${to}`, filesystem], { timeoutMs: 300_000 });
  const script = 'cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum';
  const { stdout } = await runProgram('sh', ['-c', script, 'list', to], {
    timeoutMs: 300_000,
    maxOutputBytes: 1 << 26,
  });
  await rm(to, { recursive: true });
  await rm(raw);
  return stdout;
}
