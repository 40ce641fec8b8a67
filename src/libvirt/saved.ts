// A domain's memory in a file: how it is written, and how it goes on afterwards.
import { flags } from './constants.ts';

export interface SaveOptions {
  /** Past the host's page cache. */
  readonly bypassCache?: boolean;
  /** How the domain goes on when it is restored; nothing said: as it was. */
  readonly state?: 'running' | 'paused';
}

export interface RestoreOptions extends SaveOptions {
  /** A document to use instead of the saved one; only what the guest cannot see may differ. */
  readonly xml?: string;
}

export function saveFlags(options: SaveOptions): number {
  return flags(
    ['VIR_DOMAIN_SAVE_BYPASS_CACHE', options.bypassCache],
    ['VIR_DOMAIN_SAVE_RUNNING', options.state === 'running'],
    ['VIR_DOMAIN_SAVE_PAUSED', options.state === 'paused'],
  );
}
