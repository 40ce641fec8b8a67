// A process that rescues or rebuilds an instance, or ends a rescue, and kills itself, as `kill -9` would, right before or right
// after one step. Arguments: configuration file, name, what to do, name of the step, `begin` or `end`, image.
import { openCompute } from '../../../src/app/index.ts';
import type { ActOptions, Compute } from '../../../src/compute/index.ts';

const [configFile = '', name = '', what = '', step = '', phase = '', image = ''] = process.argv.slice(2);

const ACTS: Readonly<Record<string, (compute: Compute, options: ActOptions) => Promise<unknown>>> = {
  rescue: (compute, options) => compute.rescue(name, {}, options),
  unrescue: (compute, options) => compute.unrescue(name, { ...options, force: true }),
  rebuild: (compute, options) => compute.rebuild(name, { image }, options),
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
