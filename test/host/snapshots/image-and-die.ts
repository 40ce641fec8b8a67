// A process that makes an image of an instance and kills itself, as `kill -9` would, right before or right after one act.
// Arguments: configuration file, instance, name of the step, `begin` or `end`, then a request as JSON.
import { openCompute } from '../../../src/app/index.ts';

const [configFile = '', instance = '', step = '', phase = '', request = '{}'] = process.argv.slice(2);
const compute = await openCompute({ configFile });
await compute.createImage(instance, JSON.parse(request), {
  onProgress: (event) => {
    if (event.step === step && event.phase === phase) process.kill(process.pid, 'SIGKILL');
  },
});
process.exitCode = 3; // the step never came
