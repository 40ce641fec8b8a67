// Compute.networks: each a line that leads to where it is done.
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type { NetworkCreateRequest, Networks, NetworkView } from './requests.ts';

export class HostNetworks implements Networks {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async create(request: NetworkCreateRequest, options: ActOptions = {}): Promise<NetworkView> {
    const { makeNetwork } = await import('./create-network.ts');
    return await makeNetwork(this.#tools, request, options);
  }

  async list(): Promise<readonly NetworkView[]> {
    const { readNetworks } = await import('../../network/index.ts');
    const { viewOf } = await import('./network-views.ts');
    const found = await readNetworks(await this.#tools.libvirt.control());
    const views = await Promise.all(found.map((one) => viewOf(this.#tools, one)));
    return views.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async show(name: string): Promise<NetworkView> {
    const views = await this.list();
    const found = views.find((one) => one.name === name);
    if (found !== undefined) return found;
    const { networkNotFound } = await import('./network-views.ts');
    throw networkNotFound(
      name,
      views.map((one) => one.name),
    );
  }

  async remove(name: string, options: ActOptions = {}): Promise<void> {
    const { removeNetwork } = await import('./remove-network.ts');
    await removeNetwork(this.#tools, name, options);
  }
}
