// Wiring: configuration in, engine out.
import { type Compute, Engine, type EngineOptions, LaunchPreview, type Settings } from '../compute/index.ts';
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
  return await Engine.open(await settingsFor(options), await engineOptions(options));
}

/** Opens what says what a launch would do, and touches nothing. */
export async function openPreview(options: OpenOptions = {}): Promise<LaunchPreview> {
  return LaunchPreview.open(await settingsFor(options), await engineOptions(options));
}

async function settingsFor({ connect, configFile }: OpenOptions): Promise<Settings> {
  return await loadSettings({ connect, configFile, env: process.env, uid: process.geteuid?.() ?? 0 });
}

async function engineOptions({ subject, origin }: OpenOptions): Promise<EngineOptions> {
  return {
    log: await openLog(process.env['NOVALET_LOG']),
    version: packageVersion(),
    subject,
    ...(origin === undefined ? {} : { origin }),
  };
}
