import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AgentProgram } from '../../fakes/agent-program.ts';

test('a process that holds 50 agents stays under 120 MiB', async (context) => {
  await using programs = new AsyncDisposableStack();
  const paths: string[] = [];
  for (let at = 0; at < 50; at += 1) paths.push(programs.use(await AgentProgram.start()).path);
  const holder = fileURLToPath(new URL('hold-agents.ts', import.meta.url));
  const child = spawn(process.execPath, [holder, ...paths], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(status, 0);
  const { agents, rounds, rssMiB } = JSON.parse(output);
  context.diagnostic(`${agents} agents, ${rounds} commands each: ${rssMiB} MiB resident`);
  assert.equal(agents, 50);
  assert.ok(rssMiB < 120, `${rssMiB} MiB`);
});
