// Launches an instance with a port and is killed when its domain is defined. Arguments: configuration, port.
import { openCompute } from '../../../src/app/index.ts';

const [configFile = '', port = ''] = process.argv.slice(2);
await using compute = await openCompute({ configFile });
await compute.launch(
  { image: 'minimal', name: 'doomed', networks: [{ port }] },
  {
    onProgress: ({ step, phase }) => {
      if (step === 'define-domain' && phase === 'end') process.kill(process.pid, 'SIGKILL');
    },
  },
);
process.exitCode = 3; // the step never came
