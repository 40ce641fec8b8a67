// Compute.ports: each a line that leads to where it is done.
import type { Tools } from '../tools.ts';
import type { PortCreateRequest, Ports, PortView } from './requests.ts';

export class NamedPorts implements Ports {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async create(request: PortCreateRequest): Promise<PortView> {
    const { createPort } = await import('./create-port.ts');
    return await createPort(this.#tools, request);
  }

  async list(): Promise<readonly PortView[]> {
    const { viewOf } = await import('./port-view.ts');
    return this.#tools.store.ports.list().map((port) => viewOf(this.#tools, port));
  }

  async show(ref: string): Promise<PortView> {
    const { viewOf } = await import('./port-view.ts');
    return viewOf(this.#tools, this.#tools.store.ports.find(ref));
  }

  async remove(ref: string): Promise<void> {
    const { ports } = this.#tools.store;
    ports.remove(ports.find(ref).id);
  }
}
