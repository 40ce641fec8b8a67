// A guest's agent asked past novalet, by libvirt's own program: what a test arranges must not depend on what it tests.
import { setTimeout as pause } from 'node:timers/promises';
import { runProgram } from '../../../src/hostlink/index.ts';

const URI = 'qemu:///system';

/** One command of the agent; what it returned. Throws what virsh says when it is refused. */
export async function askAgent(domainName: string, execute: string, args: object = {}): Promise<unknown> {
  const json = JSON.stringify({ execute, arguments: args });
  const words = ['-c', URI, 'qemu-agent-command', '--timeout', '30', domainName, json];
  const { stdout } = await runProgram('virsh', words, { timeoutMs: 60_000 });
  return JSON.parse(stdout).return;
}

/** Starts a shell script in the guest and does not wait for it. */
export async function startInGuest(domainName: string, script: string): Promise<void> {
  await askAgent(domainName, 'guest-exec', { path: '/bin/sh', arg: ['-c', script] });
}

/** Runs a shell script in the guest to its end; its output. */
export async function runInGuest(domainName: string, script: string): Promise<string> {
  const started = await askAgent(domainName, 'guest-exec', {
    path: '/bin/sh',
    arg: ['-c', `exec 2>&1; ${script}`],
    'capture-output': true,
  });
  const { pid } = Object(started);
  for (let turn = 0; turn < 1000; turn += 1) {
    const status = Object(await askAgent(domainName, 'guest-exec-status', { pid }));
    if (status.exited === true)
      return Buffer.from(String(status['out-data'] ?? ''), 'base64').toString('utf8');
    await pause(50);
  }
  throw new Error(`the script did not end: ${script}`);
}

/** virsh with these words; its output. */
export async function virsh(...words: readonly string[]): Promise<string> {
  return (await runProgram('virsh', ['-c', URI, ...words], { timeoutMs: 60_000 })).stdout;
}
