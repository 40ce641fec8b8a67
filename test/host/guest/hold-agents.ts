// Holds an agent on each socket that is named, runs commands in all of them, and prints what that took.
import { Agent, socketOpener } from '../../../src/guest/index.ts';

const ROUNDS = 5;
const agents = process.argv.slice(2).map((path, at) => {
  const peer = `the agent of t${at}`;
  return new Agent({ peer, open: socketOpener(path, { peer }) });
});
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { exitCode } of await Promise.all(agents.map((agent) => agent.exec(['true'])))) {
    if (exitCode !== 0) throw new Error(`true ended with ${exitCode}`);
  }
}
const rssMiB = Math.round(process.memoryUsage.rss() / 1024 / 1024);
process.stdout.write(JSON.stringify({ agents: agents.length, rounds: ROUNDS, rssMiB }));
for (const agent of agents) await agent.close();
