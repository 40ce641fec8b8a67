// A process that makes a template or launches from one, and kills itself, as `kill -9` would, right before or right after one
// step, or in the middle of it: as soon as a file is there. Arguments: configuration file, directory of the state, `create` or
// `launch`, a request as JSON, name of the step, `begin`, `end` or the end of that file's path.
import { readdirSync } from 'node:fs';
import { openCompute } from '../../../src/app/index.ts';
import type { ActOptions } from '../../../src/compute/index.ts';

const [configFile = '', state = '', what = '', asked = '{}', step = '', moment = ''] = process.argv.slice(2);
const known = new Set(files());

function files(): readonly string[] {
  return readdirSync(state, { recursive: true }).map(String);
}

function dieOnceThereIs(file: string): void {
  if (files().some((path) => path.endsWith(file) && !known.has(path))) process.kill(process.pid, 'SIGKILL');
  setImmediate(dieOnceThereIs, file);
}

const options: ActOptions = {
  onProgress: (event) => {
    if (event.step !== step) return;
    if (event.phase === moment) process.kill(process.pid, 'SIGKILL');
    if (event.phase === 'begin' && moment.includes('/')) dieOnceThereIs(moment);
  },
};

const compute = await openCompute({ configFile });
if (what === 'create') await compute.templates.create(JSON.parse(asked), options);
else await compute.templates.launch('whole', JSON.parse(asked), options);
process.exitCode = 3; // the step never came
