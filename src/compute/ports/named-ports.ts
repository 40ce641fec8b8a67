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
    const { ports } = this.#tools.store;
    const holders = ports.holders();
    return ports.list().map((port) => viewOf(port, holders));
  }

  async show(ref: string): Promise<PortView> {
    const { viewOf } = await import('./port-view.ts');
    const { ports } = this.#tools.store;
    return viewOf(ports.find(ref), ports.holders());
  }

  async remove(ref: string): Promise<void> {
    const { ports } = this.#tools.store;
    ports.remove(ports.find(ref).id);
  }
}
