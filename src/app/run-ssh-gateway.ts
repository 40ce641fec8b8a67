// The gateway as a program: configuration in, engine and gateway opened, and both closed when it is asked to stop.
import { loadSettings } from './configuration.ts';
import { openLog } from './logger.ts';
import { type OpenOptions, openCompute } from './open-compute.ts';
import { type GatewayWiring, openSshGateway } from './ssh-gateway.ts';

/** What runs may take so long to end by itself when the gateway is asked to stop. */
const DRAIN_MS = 10_000;

export interface RunGatewayOptions extends OpenOptions {
  /** Asks it to stop. */
  readonly signal: AbortSignal;
  readonly onListening: (address: { readonly host: string; readonly port: number }) => Promise<void>;
}

/** Resolves when it has stopped. */
export async function runSshGateway({ signal, onListening, ...open }: RunGatewayOptions): Promise<void> {
  const settings: GatewayWiring = await loadSettings({
    ...{ connect: open.connect, configFile: open.configFile },
    env: process.env,
    uid: process.geteuid?.() ?? 0,
  });
  await using compute = await openCompute(open);
  await using gateway = await openSshGateway(compute, settings, await openLog(process.env['NOVALET_LOG']));
  await onListening(gateway.address);
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await stopped;
  await gateway.close(DRAIN_MS);
}
