// Attaches or detaches an interface, and is killed before, in the middle of, or after what libvirt is asked for.
// Arguments: configuration, instance, `attach` or the interface to detach, and `before`, `middle` or `after`.
import { openCompute } from '../../../src/app/index.ts';
import type { ProgressEvent } from '../../../src/compute/index.ts';

const [configFile = '', name = '', which = '', when = ''] = process.argv.slice(2);
const die = () => process.kill(process.pid, 'SIGKILL');
const onProgress = ({ step, phase }: ProgressEvent): void => {
  if (step !== 'attach' && step !== 'detach') return;
  if (when === 'before' && phase === 'begin') die();
  if (when === 'middle' && phase === 'begin') setTimeout(die, 40); // libvirt has been asked, or will be: each is a middle
  if (when === 'after' && phase === 'end') die();
};
await using compute = await openCompute({ configFile });
if (which === 'attach') await compute.interfaces.attach(name, { configure: false }, { onProgress });
else await compute.interfaces.detach(name, which, { onProgress });
