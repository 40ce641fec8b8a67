// Wiring: configuration in, engine out.
import { type Compute, Engine } from '../compute/index.ts';
import { loadSettings } from './configuration.ts';
import { openLog } from './logger.ts';
import { packageVersion } from './version.ts';

export interface OpenOptions {
  /** libvirt's URI; `qemu:///system` for root and `qemu:///session` for others when left out. */
  readonly connect?: string | undefined;
  /** Path of a configuration file. */
  readonly configFile?: string | undefined;
  /** Who reaches into guests, by a name under `subjects` of the configuration; whoever runs the program, when left out. */
  readonly subject?: string | undefined;
  /** What the audit calls this program. Default `library`. */
  readonly origin?: string | undefined;
}

/** Opens the engine as configured. Unfinished work of processes that died is finished or taken back first. */
export async function openCompute(options: OpenOptions = {}): Promise<Compute> {
  const settings = await loadSettings({
    connect: options.connect,
    configFile: options.configFile,
    env: process.env,
    uid: process.geteuid?.() ?? 0,
  });
  return await Engine.open(settings, {
    log: await openLog(process.env['NOVALET_LOG']),
    version: packageVersion(),
    subject: options.subject,
    ...(options.origin === undefined ? {} : { origin: options.origin }),
  });
}
