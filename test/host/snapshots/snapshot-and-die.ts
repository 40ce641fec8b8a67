// A process that makes, restores or removes a disk snapshot and kills itself right before or right after one act.
// Arguments: configuration file, instance, `create`, `restore` or `remove`, snapshot, name of the step, `begin` or `end`.
import { openCompute } from '../../../src/app/index.ts';
import type { ActOptions } from '../../../src/compute/index.ts';

const [configFile = '', instance = '', act = '', name = '', step = '', phase = ''] = process.argv.slice(2);
const { snapshots } = await openCompute({ configFile });
const options: ActOptions = {
  onProgress: (event) => {
    if (event.step === step && event.phase === phase) process.kill(process.pid, 'SIGKILL');
  },
};
if (act === 'create') await snapshots.create(instance, { name, quiesce: 'never' }, options);
if (act === 'restore') await snapshots.restore(instance, name, options);
if (act === 'remove') await snapshots.remove(instance, name, options);
process.exitCode = 3; // the step never came
