// A process that resizes or clones an instance, ends a resize or changes a size, and kills itself, as `kill -9` would, right
// before or right after one step. Arguments: configuration file, name, what to do, name of the step, `begin` or `end`.
import { openCompute } from '../../../src/app/index.ts';
import type { ActOptions, Compute } from '../../../src/compute/index.ts';

const [configFile = '', name = '', what = '', step = '', phase = ''] = process.argv.slice(2);

const ACTS: Readonly<Record<string, (compute: Compute, options: ActOptions) => Promise<unknown>>> = {
  resize: (compute, options) => compute.resize(name, { flavor: 'large' }, { ...options, force: true }),
  confirm: (compute, options) => compute.confirmResize(name, options),
  clone: (compute, options) => compute.clone(name, { name: 'unborn' }, options),
  'set-size': (compute, options) => compute.changeSize(name, { memoryMiB: 300 }, options),
  revert: (compute, options) => compute.revertResize(name, options),
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
