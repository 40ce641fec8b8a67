// A process that applies a file and kills itself, as `kill -9` would, right before or right after a step of it.
// Arguments: configuration file, manifest, name of the step, `begin` or `end`.
import { readFile } from 'node:fs/promises';
import { openCompute, readManifest } from '../../../src/app/index.ts';

const [configFile = '', file = '', step = '', phase = ''] = process.argv.slice(2);

const manifest = await readManifest([{ file, text: await readFile(file, 'utf8') }], readFile);
const compute = await openCompute({ configFile });
await compute.manifests.apply(manifest, {
  allowReplace: true,
  onProgress: (event) => {
    if (event.step === step && event.phase === phase) process.kill(process.pid, 'SIGKILL');
  },
});
process.exitCode = 3; // the step never came
