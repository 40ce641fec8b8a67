// A process that launches an instance and kills itself, as `kill -9` would, right before or right after one act.
// Arguments: configuration file, image, name of the step, `begin` or `end`.
import { openCompute } from '../../../src/app/index.ts';

const [configFile = '', image = '', step = '', phase = ''] = process.argv.slice(2);
const compute = await openCompute({ configFile });
await compute.launch(
  { image, name: 'doomed', flavor: 'full', agent: 'drive', metadata: { why: 'killed on purpose' } },
  {
    onProgress: (event) => {
      if (event.step === step && event.phase === phase) process.kill(process.pid, 'SIGKILL');
    },
  },
);
process.exitCode = 3; // the step never came
