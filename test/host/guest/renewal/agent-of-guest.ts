// The agent of a world's guest as renewal needs it, on the slower road, which is the one that a copy has at first.
import assert from 'node:assert/strict';
import type { Compute } from '../../../../src/compute/index.ts';
import type { ExecOptions, ExecResult, RenewalAgent } from '../../../../src/guest/index.ts';

/** What is waited for in the guest comes sooner, or not at all. */
const SAYS_MS = 180_000;

export class AgentOfGuest implements RenewalAgent {
  readonly peer: string;
  readonly #compute: Compute;
  readonly #name: string;

  constructor(compute: Compute, name: string) {
    this.peer = `the agent of ${name}`;
    this.#compute = compute;
    this.#name = name;
  }

  async exec(argv: readonly string[], { stdin, signal }: ExecOptions = {}): Promise<ExecResult> {
    const input = stdin === undefined ? {} : { stdin: Buffer.from(stdin) };
    return await this.#compute.exec(this.#name, { argv, via: 'agent', ...input }, { signal });
  }

  /** What a script writes, which must not fail. */
  async says(script: string): Promise<string> {
    const request = { argv: ['sh', '-c', script], via: 'agent', timeoutMs: SAYS_MS } as const;
    const { exitCode, stdout, stderr } = await this.#compute.exec(this.#name, request);
    assert.equal(exitCode, 0, `${script}: ${stderr.toString()}`);
    return stdout.toString().trim();
  }
}
