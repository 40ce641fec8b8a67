// The engine's tools, on whatever store they are to work. Nothing is opened here but what a store is already.
import { AuditLog, LOCAL } from '../audit/index.ts';
import { Fault, KeyedMutex, Lazy } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { Slots } from './claims/slots.ts';
import { EngineHost } from './engine-host.ts';
import { LibvirtLink } from './libvirt-link.ts';
import { type StatePaths, statePaths } from './paths.ts';
import { Reaches } from './reaches.ts';
import type { Settings } from './settings.ts';
import type { Log, Tools } from './tools.ts';

export interface EngineOptions {
  readonly log: Log;
  readonly version: string;
  /** Who reaches into guests, by the name in `settings.access`; whoever runs the program, when left out. */
  readonly subject?: string | undefined;
  /** Where reaches come from, for the audit: `cli`, `library`. */
  readonly origin?: string;
}

/** Throws `SUBJECT_UNKNOWN`. */
export function makeTools(settings: Settings, store: Store, options: EngineOptions): Tools {
  const paths = statePaths(settings.stateDir);
  const libvirt = new LibvirtLink(settings.connect, (id) => store.instances.get(id));
  const agents = new Lazy(async () => {
    const { Agents } = await import('./agents.ts');
    return new Agents(libvirt, settings.agentTimeoutS);
  });
  return {
    settings,
    paths,
    store,
    libvirt,
    host: new EngineHost(settings, libvirt),
    agents,
    lanes: new Lazy(async () => {
      const { Lanes } = await import('./lanes.ts');
      return new Lanes({ libvirt, store, agents: await agents.get(), log: options.log });
    }),
    bases: new Lazy(async () => {
      const { BaseCache } = await import('../storage/index.ts');
      return new BaseCache(paths.base);
    }),
    baseTurns: new KeyedMutex(),
    slots: new Slots(store, settings.workLimits),
    reaches: reachesOf(settings, paths, options),
    log: options.log,
    version: options.version,
  };
}

/** Each is closed, newest first, also when closing another failed. */
export async function closeTools({ lanes, agents, libvirt, store }: Tools): Promise<void> {
  await using parts = new AsyncDisposableStack();
  parts.defer(() => store.close());
  parts.use(libvirt);
  parts.defer(async () => await (await agents.made())?.[Symbol.asyncDispose]());
  parts.defer(async () => await (await lanes.made())?.[Symbol.asyncDispose]());
}

function reachesOf(
  settings: Settings,
  paths: StatePaths,
  { subject: name, origin = 'library' }: EngineOptions,
): Reaches {
  const { audit, subjects } = settings.access;
  const subject = name === undefined ? LOCAL : subjects.find((known) => known.name === name);
  if (subject === undefined) {
    throw new Fault('invalid', 'SUBJECT_UNKNOWN', `The configuration names no subject "${name}"`, {
      hint: 'Write it under subjects in the configuration file, or leave it out to be whoever runs the program.',
    });
  }
  return new Reaches(new AuditLog({ path: paths.audit, ...audit }), { subject, origin });
}
