// What a process weighs that holds 50 agents: real qemu-ga programs on unix sockets.
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../src/hostlink/index.ts';
import { AgentProgram } from '../fakes/agent-program.ts';
import { type Bench, limited } from './measure.ts';

const AGENTS = 50;

export const run: Bench = async () => {
  await using programs = new AsyncDisposableStack();
  const paths: string[] = [];
  for (let at = 0; at < AGENTS; at += 1) paths.push(programs.use(await AgentProgram.start()).path);
  const holder = fileURLToPath(new URL('../host/guest/hold-agents.ts', import.meta.url));
  const { stdout } = await runProgram(process.execPath, [holder, ...paths]);
  const { rssMiB } = JSON.parse(stdout) as { rssMiB: number };
  return [
    limited(`resident memory of a process that holds ${AGENTS} agents`, {
      unit: 'MiB',
      ours: rssMiB,
      goal: 120,
    }),
  ];
};
