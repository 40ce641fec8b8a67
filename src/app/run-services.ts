// What novalet serves until it is asked to stop: one engine, and each service that was named over it.
import type { Compute, Log, Settings } from '../compute/index.ts';
import { loadSettings } from './configuration.ts';
import { openLog } from './logger.ts';
import { type OpenOptions, openCompute } from './open-compute.ts';
import { type GatewayWiring, openSshGateway } from './ssh-gateway.ts';

/** Lives until it is disposed of. */
export interface Service extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Lets nobody in any more, and gives what runs so long to end by itself. */
  close(drainMs: number): Promise<void>;
}

interface Parts {
  readonly compute: Compute;
  readonly settings: Settings & GatewayWiring;
  readonly log: Log;
}

/** Every service there is: its word on the command line, what it is called, and how it is opened. cli/commands/serve.ts has its help. */
export const SERVICES = {
  ssh: {
    title: 'SSH',
    open: async ({ compute, settings, log }: Parts): Promise<Service> =>
      await openSshGateway(compute, settings, log),
  },
} as const;

export type ServiceName = keyof typeof SERVICES;

/** What runs may take so long to end by itself when its service is asked to stop. */
const DRAIN_MS = 10_000;

export interface RunOptions extends OpenOptions {
  readonly services: readonly ServiceName[];
  /** Asks all of them to stop. */
  readonly signal: AbortSignal;
  readonly onListening: (title: string, address: Service['address']) => Promise<void>;
}

/** Resolves when all have stopped. Where one cannot be opened none stays open. */
export async function runServices({ services, signal, onListening, ...open }: RunOptions): Promise<void> {
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
    const { title, open: openService } = SERVICES[name];
    const service = opened.use(await openService({ compute, settings, log }));
    running.push(service);
    await onListening(title, service.address);
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
