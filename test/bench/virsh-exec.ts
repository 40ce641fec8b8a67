// The baseline of exec: virsh started for each agent call, asked until the program has ended.
import { runProgram } from '../../src/hostlink/index.ts';

async function agentCommand(id: string, command: object): Promise<unknown> {
  const { stdout } = await runProgram('virsh', [
    '-q',
    '-c',
    'qemu:///system',
    'qemu-agent-command',
    id,
    JSON.stringify(command),
  ]);
  return (JSON.parse(stdout) as { return: unknown }).return;
}

export async function execByVirsh(id: string): Promise<void> {
  const execute = { execute: 'guest-exec', arguments: { path: '/bin/true', 'capture-output': true } };
  const { pid } = (await agentCommand(id, execute)) as { pid: number };
  for (let polls = 0; polls < 1000; polls += 1) {
    const status = (await agentCommand(id, { execute: 'guest-exec-status', arguments: { pid } })) as {
      exited: boolean;
    };
    if (status.exited) return;
  }
  throw new Error('true never ended');
}
