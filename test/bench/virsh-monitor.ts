// QEMU's monitor through one virsh that stays: no start and no login is part of what a question takes.
import { TalkingProgram } from '../../src/hostlink/index.ts';

/** What virsh says when it waits for the next line. The very first one stands at the beginning, and ends nothing. */
const PROMPT = /\n+virsh # /;

export class VirshMonitor implements AsyncDisposable {
  readonly #virsh = new TalkingProgram('virsh', ['-q', '-c', 'qemu:///system'], {
    signal: AbortSignal.timeout(10 * 60_000),
  });
  readonly #domain: string;

  constructor(domain: string) {
    this.#domain = domain;
  }

  async queryStatus(): Promise<void> {
    const line = `qemu-monitor-command ${this.#domain} '{"execute":"query-status"}'\n`;
    const answer = await this.#virsh.say(line, PROMPT);
    if (!answer.includes('"return"'))
      throw new Error(`the monitor of ${this.#domain} said no status: ${answer}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#virsh[Symbol.asyncDispose]();
  }
}
