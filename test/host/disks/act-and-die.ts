// A process that does something to a disk and kills itself, as `kill -9` would, right before or right after one step.
// Arguments: configuration file, name, what to do, name of the step, `begin` or `end`.
import { openCompute } from '../../../src/app/index.ts';
import { MIB } from '../../../src/base/index.ts';
import type { ActOptions, Compute } from '../../../src/compute/index.ts';

const [configFile = '', name = '', what = '', step = '', phase = '', word = ''] = process.argv.slice(2);

const ACTS: Readonly<Record<string, (compute: Compute, options: ActOptions) => Promise<unknown>>> = {
  attach: ({ disks }, options) => disks.attach(name, { source: { kind: 'new', sizeBytes: MIB } }, options),
  detach: ({ disks }, options) => disks.detach(name, word, options),
  insert: ({ disks }, options) =>
    disks.insert(name, 'sda', { kind: 'image', image: word }, { ...options, force: true }),
  eject: ({ disks }, options) => disks.eject(name, 'sda', { ...options, force: true }),
  grow: ({ disks }, options) => disks.grow(name, 'vda', Number(word), options),
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
