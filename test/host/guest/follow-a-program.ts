// A process that follows a program in the guest until it is killed. It tells the program's first line.
// Arguments: the agent's socket, the vigil as JSON, `stream` and a script, or `attach` and a job's id.
import { Agent } from '../../../src/guest/agent.ts';
import { socketOpener } from '../../../src/guest/connect.ts';
import { Jobs } from '../../../src/guest/jobs/index.ts';

const [socket = '', vigil = '', how = '', what = ''] = process.argv.slice(2);
const peer = 'the agent of t';
await using agent = new Agent({ peer, open: socketOpener(socket, { peer }) });
const jobs = new Jobs(agent, JSON.parse(vigil));
const program = await (how === 'attach' ? jobs.attach(what) : jobs.spawn({ argv: ['sh', '-c', what] }));
program.stderr.resume();
for await (const chunk of program.stdout) process.stdout.write(chunk);
