// Shares a folder, and is killed when the record has it and libvirt was not asked yet.
// Arguments: configuration, instance, folder and tag.
import { openCompute } from '../../../src/app/index.ts';

const [configFile = '', name = '', path = '', tag = ''] = process.argv.slice(2);
await using compute = await openCompute({ configFile });
const onProgress = ({ step, phase }: { readonly step: string; readonly phase: string }) => {
  if (step === 'define' && phase === 'begin') process.kill(process.pid, 'SIGKILL');
};
await compute.shares.add(name, { path, tag }, { onProgress });
