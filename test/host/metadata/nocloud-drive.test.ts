// NoCloud drives as cloud-init's tools see them: blkid's label, the files by mtools and isoinfo, and YAML as Python reads it.
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { metadataDocuments, noCloudDocuments } from '../../../src/metadata/index.ts';
import { writeConfigDrive } from '../../../src/storage/index.ts';
import { fullInput, plainInput } from '../../unit/metadata/sample.ts';
import { withScratch } from '../storage/scratch.ts';

const TO_JSON = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read()), sys.stdout)';

async function readYaml(bytes: string): Promise<unknown> {
  const { stdout } = await runProgram('python3', ['-c', TO_JSON], { stdin: bytes });
  const value: unknown = JSON.parse(stdout);
  return value;
}

const READERS = {
  vfat: async (drive: string, path: string) =>
    (await runProgram('mtype', ['-i', drive, `::/${path}`])).stdout,
  iso9660: async (drive: string, path: string) =>
    (await runProgram('isoinfo', ['-R', '-i', drive, '-x', `/${path}`])).stdout,
} as const;

for (const format of ['vfat', 'iso9660'] as const) {
  test(`a ${format} drive has NoCloud's label and files, and nobody but its owner may open it`, async () => {
    await withScratch(async (scratch) => {
      const drive = join(scratch, 'disk.config');
      const documents = noCloudDocuments(fullInput());
      await writeConfigDrive(drive, documents, { format, label: 'cidata' });
      const { stdout } = await runProgram('blkid', ['-p', '-o', 'export', drive]);
      assert.match(stdout, /^LABEL=cidata$/m);
      assert.equal((await stat(drive)).mode & 0o777, 0o600);
      assert.deepEqual([...documents.keys()], ['meta-data', 'user-data', 'vendor-data', 'network-config']);
      for (const [path, bytes] of documents) {
        assert.equal(await READERS[format](drive, path), Buffer.from(bytes).toString(), path);
      }
    });
  });
}

test('Python reads the same YAML as was written, whatever characters are in it', async () => {
  const note = 'a: b # "c" \\ \u007f\u0085\u2028\ufeff 😀 ü\n\t- [x]';
  const input = { ...fullInput(), meta: { note, yes: 'no', '1': '0x1f' } };
  for (const version of [1, 2] as const) {
    const documents = noCloudDocuments(input, version);
    for (const path of ['meta-data', 'network-config']) {
      const text = Buffer.from(documents.get(path) ?? []).toString();
      assert.deepEqual(await readYaml(text), JSON.parse(text), path);
    }
  }
  const text = Buffer.from(noCloudDocuments(plainInput()).get('meta-data') ?? []).toString();
  assert.deepEqual(await readYaml(text), JSON.parse(text));
});

test('the drive of one instance is the same when it is built again, in each form and of each kind', async () => {
  await withScratch(async (scratch) => {
    for (const format of ['vfat', 'iso9660'] as const) {
      for (const render of [metadataDocuments, noCloudDocuments]) {
        const [first, second] = [join(scratch, 'first'), join(scratch, 'second')];
        const label = render === noCloudDocuments ? 'cidata' : 'config-2';
        await writeConfigDrive(first, render(fullInput()), { format, label });
        await writeConfigDrive(second, render(fullInput()), { format, label });
        assert.ok((await readFile(first)).equals(await readFile(second)), `${format} ${label}`);
      }
    }
  });
});
