// A process that runs many commands in one guest by the agent alone, and says how they ended. Arguments: configuration
// file, instance, a word of its own, how many.
import { openCompute } from '../../../src/app/index.ts';

const [configFile = '', name = '', word = '', count = '0'] = process.argv.slice(2);
const compute = await openCompute({ configFile });
const wrong: string[] = [];
const faults: string[] = [];
for (let at = 0; at < Number(count); at += 1) {
  const code = at % 120;
  const argv = ['sh', '-c', `echo ${word}-${at}; exit ${code}`];
  try {
    const { stdout, exitCode } = await compute.exec(name, { argv, via: 'agent' });
    const got = `${stdout.toString().trim()} ${exitCode}`;
    if (got !== `${word}-${at} ${code}`) wrong.push(`${word}-${at}: ${got}`);
  } catch (error) {
    faults.push(String(error));
  }
}
await compute[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify({ wrong, faults }));
