// The metadata service's doors by IPv6, one on each bridge: the address put there, and listened on. A bridge that cannot
// have it is served by IPv4 alone, and the log says so.
import { asFault } from '../../base/index.ts';
import type { Log } from '../../compute/index.ts';
import type { ListenAddress, MetadataService } from '../../metadata-service/index.ts';
import {
  type BridgeIpv6,
  bridgeIndex,
  lookForIpv6,
  putMetadataAddress,
  takeMetadataAddress,
} from '../../network/index.ts';
import { linkAddress } from './sight.ts';

export interface LinkOptions {
  readonly service: MetadataService;
  readonly port: number;
  /** False where the configuration wants no IPv6. */
  readonly isWanted: boolean;
  readonly log: Log;
}

interface OpenLink {
  readonly ipv6: BridgeIpv6;
  readonly index: number | undefined;
}

export class LinkDoors implements AsyncDisposable {
  readonly #options: LinkOptions;
  /** By bridge. */
  readonly #open = new Map<string, OpenLink>();
  readonly #told = new Set<string>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** How the service is, or would be, on the bridge. */
  look(bridge: string): BridgeIpv6 {
    if (!this.#options.isWanted) return 'none';
    const known = this.#open.get(bridge);
    return known !== undefined && known.index === bridgeIndex(bridge) ? known.ipv6 : lookForIpv6(bridge);
  }

  /** Whether a bridge was made anew since, so that what was on it is gone. */
  get isOutdated(): boolean {
    return [...this.#open].some(([bridge, { index }]) => bridgeIndex(bridge) !== index);
  }

  /** Undefined where it was open before, and where there is no IPv6. */
  async open(bridge: string): Promise<ListenAddress | undefined> {
    const { service, isWanted, port } = this.#options;
    const known = this.#open.get(bridge);
    const address = { host: linkAddress(bridge), port };
    if (!isWanted || (known?.index === bridgeIndex(bridge) && service.isOpen(address))) return undefined;
    try {
      if (known !== undefined) await this.shut(bridge);
      const ipv6 = lookForIpv6(bridge);
      if (ipv6 !== 'none') {
        this.#open.set(bridge, { ipv6, index: bridgeIndex(bridge) }); // also of half of it something is to be taken away
        await putMetadataAddress(bridge, ipv6);
        await service.open(address);
        return address;
      }
      this.#tell(bridge, undefined);
    } catch (error) {
      this.#tell(bridge, error);
    }
    return undefined;
  }

  async shut(bridge: string): Promise<void> {
    const known = this.#open.get(bridge);
    if (known === undefined) return;
    await this.#options.service.shut({ host: linkAddress(bridge), port: this.#options.port }, 0);
    this.#open.delete(bridge);
    if (known.index === bridgeIndex(bridge)) await takeMetadataAddress(bridge, known.ipv6);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const bridge of [...this.#open.keys()]) {
      try {
        await this.shut(bridge);
      } catch (error) {
        const facts = { bridge, err: asFault(error) };
        this.#options.log.warn(
          facts,
          'metadata service: its IPv6 address could not be taken from the bridge',
        );
      }
    }
  }

  /** Once for each bridge. */
  #tell(bridge: string, error: unknown): void {
    if (this.#told.has(bridge)) return;
    this.#told.add(bridge);
    const facts = { bridge, ...(error === undefined ? {} : { err: asFault(error) }) };
    this.#options.log.warn(
      facts,
      'metadata service: no IPv6 on this bridge, its guests are served by IPv4 alone',
    );
  }
}
