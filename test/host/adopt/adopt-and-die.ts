// A process that adopts a domain and kills itself, as `kill -9` would, between the record and the mark.
// Arguments: configuration file, domain.
import { openCompute } from '../../../src/app/index.ts';

const [configFile = '', domain = ''] = process.argv.slice(2);
const compute = await openCompute({ configFile });
await compute.adopt(
  { domain },
  { onProgress: ({ step }) => step === 'mark' && process.kill(process.pid, 'SIGKILL') },
);
process.exitCode = 3; // the step never came
