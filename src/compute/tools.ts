// What the engine's parts work with, handed to each of them. Nothing here decides.
import type { KeyedMutex, Lazy } from '../base/index.ts';
import type { BaseCache } from '../storage/index.ts';
import type { Store } from '../store/index.ts';
import type { Agents } from './agents.ts';
import type { Slots } from './claims/slots.ts';
import type { EngineHost } from './engine-host.ts';
import type { Lanes } from './lanes.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import type { StatePaths } from './paths.ts';
import type { Reaches } from './reaches.ts';
import type { Settings } from './settings.ts';

/** Where the engine tells what it does; pino fits. Facts first, then a sentence. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface Tools {
  readonly settings: Settings;
  readonly paths: StatePaths;
  readonly store: Store;
  readonly libvirt: LibvirtLink;
  readonly host: EngineHost;
  readonly agents: Lazy<Agents>;
  readonly lanes: Lazy<Lanes>;
  /** What every reach into a guest passes. */
  readonly reaches: Reaches;
  readonly bases: Lazy<BaseCache>;
  /** By image id: one base is prepared once at a time in this process. */
  readonly baseTurns: KeyedMutex;
  /** Heavy work takes its turn here. */
  readonly slots: Slots;
  readonly log: Log;
  /** novalet's version. */
  readonly version: string;
}
