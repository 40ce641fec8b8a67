// Compute.shares: each a line that leads to where it is done.
import type { Share, ShareRequest } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type { Shares } from './requests.ts';

export class InstanceShares implements Shares {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async list(ref: string): Promise<readonly Share[]> {
    return this.#tools.store.instances.find(ref).shares;
  }

  async add(ref: string, request: ShareRequest, options: ActOptions = {}): Promise<Share> {
    const { addShare } = await import('./change-shares.ts');
    return await addShare(this.#tools, ref, request, options);
  }

  async remove(ref: string, tag: string, options: ActOptions = {}): Promise<Share> {
    const { removeShare } = await import('./change-shares.ts');
    return await removeShare(this.#tools, ref, tag, options);
  }
}
