// What novalet serves until it is asked to stop: one engine, and each service that was named over it.
import type { Compute, Log, Settings } from '../compute/index.ts';
import { loadSettings } from './configuration.ts';
import { openLog } from './logger.ts';
import type { MetadataWiring } from './metadata/open-metadata.ts';
import { type OpenOptions, openCompute } from './open-compute.ts';
import type { GatewayWiring } from './ssh-gateway.ts';

/** Lives until it is disposed of. */
export interface Service extends AsyncDisposable {
  /** Lets nobody in any more, and gives what runs so long to end by itself. */
  close(drainMs: number): Promise<void>;
}

interface Parts {
  readonly compute: Compute;
  readonly settings: Settings & GatewayWiring & MetadataWiring;
  readonly log: Log;
  /** For people: where it listens, as soon as it does. */
  readonly say: (sentence: string) => Promise<void>;
}

/** Every service there is, by its word on the command line, and how it is opened. cli/commands/serve.ts has its help. */
export const SERVICES = {
  ssh: async ({ compute, settings, log, say }: Parts): Promise<Service> => {
    const { openSshGateway } = await import('./ssh-gateway.ts');
    const gateway = await openSshGateway(compute, settings, log);
    await say(`Listening for SSH on ${gateway.address.host} port ${gateway.address.port}`);
    return gateway;
  },
  metadata: async (parts: Parts): Promise<Service> => {
    const { openMetadata } = await import('./metadata/open-metadata.ts');
    return await openMetadata(parts);
  },
} as const;

export type ServiceName = keyof typeof SERVICES;

/** What runs may take so long to end by itself when its service is asked to stop. */
const DRAIN_MS = 10_000;

export interface RunOptions extends OpenOptions {
  readonly services: readonly ServiceName[];
  /** Asks all of them to stop. */
  readonly signal: AbortSignal;
  readonly say: Parts['say'];
}

/** Resolves when all have stopped. Where one cannot be opened none stays open. */
export async function runServices({ services, signal, say, ...open }: RunOptions): Promise<void> {
  const settings = await loadSettings({
    ...{ connect: open.connect, configFile: open.configFile },
    env: process.env,
    uid: process.geteuid?.() ?? 0,
  });
  await using compute = await openCompute(open);
  await using opened = new AsyncDisposableStack();
  const log = await openLog(process.env['NOVALET_LOG']);
  const running: Service[] = [];
  for (const name of services) {
    running.push(opened.use(await SERVICES[name]({ compute, settings, log, say })));
  }
  await aborted(signal);
  await Promise.all(running.map((service) => service.close(DRAIN_MS)));
}

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await promise;
}
