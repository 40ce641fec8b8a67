// Compute.interfaces: each a line that leads to where it is done.
import type { Port } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type { AttachInterfaceRequest, InterfaceAttached, Interfaces, InterfaceView } from './requests.ts';

export class InstanceInterfaces implements Interfaces {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async list(ref: string): Promise<readonly InterfaceView[]> {
    const { listInterfaces } = await import('./list-interfaces.ts');
    return await listInterfaces(this.#tools, ref);
  }

  async attach(
    ref: string,
    request: AttachInterfaceRequest = {},
    options: ActOptions = {},
  ): Promise<InterfaceAttached> {
    const { attachInterface } = await import('./attach-interface.ts');
    return await attachInterface(this.#tools, ref, request, options);
  }

  async detach(ref: string, which: string, options: ActOptions = {}): Promise<Port> {
    const { detachInterface } = await import('./detach-interface.ts');
    return await detachInterface(this.#tools, ref, which, options);
  }
}
