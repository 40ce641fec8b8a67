// The one place where the command line meets the engine. Imported dynamically by what it opens: help, completion
// and render never pay for libvirt, SQLite or the addon.
import type { Compute, LaunchPreview } from '../compute/index.ts';

export interface EngineOptions {
  /** libvirt's connection URI; the configured one when left out. */
  readonly connect?: string;
  /** Path of a configuration file; the default locations when left out. */
  readonly configFile?: string;
}

/** Opens the engine in this process. Dispose of what it returns. */
export async function openEngine(options: EngineOptions): Promise<Compute> {
  const { openCompute } = await import('../app/index.ts');
  return openCompute({ ...options, origin: 'cli' });
}

/** Opens what only says what a launch would do. Dispose of what it returns. */
export async function openPreview(options: EngineOptions): Promise<LaunchPreview> {
  const { openPreview: open } = await import('../app/index.ts');
  return open({ ...options, origin: 'cli' });
}
