// Consoles, screens and keyboards as a door asks for them. What reaches them is loaded by whoever asks first.
import type { Secret } from '../../base/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type { Consoles, OpenConsoleOptions, PressedKeys, SerialConsole, VncDisplay } from './requests.ts';

export class InstanceConsoles implements Consoles {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async open(ref: string, options: OpenConsoleOptions = {}): Promise<SerialConsole> {
    const { open } = await import('./consoles.ts');
    return await open(this.#tools, ref, options);
  }

  async vnc(ref: string): Promise<VncDisplay> {
    const { vnc } = await import('./consoles.ts');
    return await vnc(this.#tools, ref);
  }

  async setVncPassword(ref: string, password: Secret, validForMs: number): Promise<VncDisplay> {
    const { setVncPassword } = await import('./consoles.ts');
    return await setVncPassword(this.#tools, ref, { password, validForMs });
  }

  async screenshot(ref: string, options: ActOptions = {}): Promise<Buffer> {
    const { screenshot } = await import('./consoles.ts');
    return await screenshot(this.#tools, ref, options);
  }

  async sendKeys(ref: string, keys: PressedKeys, options: ActOptions = {}): Promise<void> {
    const { sendKeys } = await import('./consoles.ts');
    await sendKeys(this.#tools, ref, keys, options);
  }

  async nmi(ref: string): Promise<void> {
    const { nmi } = await import('./consoles.ts');
    await nmi(this.#tools, ref);
  }
}
