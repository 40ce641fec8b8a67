// A process that exports, imports, backs up or restores, and kills itself, as `kill -9` would, right before or right after one
// step. Arguments: configuration file, what to do, its file or directory, name of the step, `begin` or `end`.
import { openCompute } from '../../../src/app/index.ts';
import type { ActOptions, Compute } from '../../../src/compute/index.ts';

const [configFile = '', what = '', path = '', step = '', phase = ''] = process.argv.slice(2);

const ACTS: Readonly<Record<string, (compute: Compute, options: ActOptions) => Promise<unknown>>> = {
  export: (compute, options) => compute.exportInstance('one', { to: path }, options),
  import: (compute, options) => compute.importInstance({ from: path, name: 'unborn' }, options),
  backup: (compute, options) => compute.backups.create('one', { directory: path }, options),
  restore: (compute, options) => compute.backups.restore('one', 'latest', { directory: path }, options),
};

const act = ACTS[what];
if (act === undefined) throw new Error(`nothing is called ${what}`);
const compute = await openCompute({ configFile });
await act(compute, {
  onProgress: (event) => {
    if (event.step === step && event.phase === phase) process.kill(process.pid, 'SIGKILL');
  },
});
process.exitCode = 3; // the step never came
