// The metadata service over the engine: towards guests in their networks, and towards Neutron's proxy where there is one.
// One process serves a state directory; a lease says which.
import { join } from 'node:path';
import { Fault, isFault } from '../../base/index.ts';
import { type Compute, isSessionMode, type Log, SERVICE_LEASE, type Settings } from '../../compute/index.ts';
import { DEFAULT_METADATA_LIMITS, MetadataService } from '../../metadata-service/index.ts';
import { type HeldLease, openStore, type Store } from '../../store/index.ts';
import { type GuestAnswers, GuestDoor } from './door.ts';
import { requireNetAdmin } from './filter.ts';
import { readProxySecret } from './proxy-secret.ts';
import { guestRecords } from './records.ts';
import { DEFAULT_METADATA, DEFAULT_PROJECT, type MetadataSettings, type ProxySettings } from './settings.ts';

/** What the service wants to be told by the configuration; defaults where it says nothing. */
export type MetadataWiring = Pick<Settings, 'stateDir' | 'connect'> & {
  readonly metadata?: MetadataSettings;
};

export interface MetadataParts {
  readonly compute: Compute;
  readonly settings: MetadataWiring;
  readonly log: Log;
  readonly say: (sentence: string) => Promise<void>;
}

/**
 * Serves until it is disposed of. Throws `METADATA_NEEDS_SYSTEM`, `METADATA_NEEDS_NET_ADMIN`, `METADATA_SERVED_ALREADY`,
 * `METADATA_LISTEN_FAILED`, and the faults of rules.
 */
export async function openMetadata(parts: MetadataParts): Promise<Metadata> {
  const { settings, compute, log, say } = parts;
  const { port, ipv6: isIpv6, proxy } = settings.metadata ?? DEFAULT_METADATA;
  if (isSessionMode(settings)) throw needsSystem();
  requireNetAdmin();
  await using opened = new AsyncDisposableStack();
  const store = opened.use(openStore(join(settings.stateDir, 'novalet.db'))); // sees what the engine's own changes as well
  opened.use(await takeLease(store));
  const { stateDir, connect } = settings;
  const answers = {
    records: guestRecords(compute, { store, project: proxy?.project ?? DEFAULT_PROJECT }),
    limits: DEFAULT_METADATA_LIMITS,
    log,
  };
  const sayAddress = async ({ host }: { host: string }) =>
    await say(`Listening for metadata on ${host} port ${port}`);
  const guests = opened.use(
    new GuestDoor({ store, connect, stateDir, port, isIpv6, answers, log, say: sayAddress }),
  );
  const neutrons = proxy === null ? undefined : opened.use(proxyDoor(proxy, answers));
  await neutrons?.listen();
  if (proxy !== null) await say(`Listening for Neutron's metadata proxy on ${proxy.host} port ${proxy.port}`);
  await guests.open();
  if (!guests.hasNetwork) await say('Serving metadata: no instance is in a network of ours yet');
  return new Metadata(guests, neutrons, opened.move());
}

function proxyDoor({ host, port, secretFile }: ProxySettings, answers: GuestAnswers): MetadataService {
  const identification = { kind: 'proxy', secret: readProxySecret(secretFile) } as const;
  return new MetadataService({ ...answers, identification, listen: [{ host, port }] });
}

/** Lives until it is disposed of. */
export class Metadata implements AsyncDisposable {
  readonly #guests: GuestDoor;
  readonly #neutrons: MetadataService | undefined;
  readonly #opened: AsyncDisposableStack;

  constructor(guests: GuestDoor, neutrons: MetadataService | undefined, opened: AsyncDisposableStack) {
    this.#guests = guests;
    this.#neutrons = neutrons;
    this.#opened = opened;
  }

  /** Lets nobody in any more, and gives requests so long to end. */
  async close(drainMs: number): Promise<void> {
    await Promise.all([this.#guests.drain(drainMs), this.#neutrons?.close(drainMs)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

/** Whoever repairs what a killed one left has it for a moment. */
const TURN_MS = 1000;

/** What a process left that died is replaced at the first look. */
async function takeLease(store: Store): Promise<HeldLease> {
  try {
    return await store.leases.acquireWaiting(SERVICE_LEASE, 'serve', {
      timeoutMs: TURN_MS,
      takeOverDead: true,
    });
  } catch (cause) {
    if (!isFault(cause, 'LEASE_TIMEOUT')) throw cause;
    const pid = store.leases.get(SERVICE_LEASE)?.owner.pid;
    const who = pid === undefined ? 'Another process' : `Process ${pid}`;
    throw new Fault(
      'conflict',
      'METADATA_SERVED_ALREADY',
      `${who} serves the metadata of this state directory already`,
      {
        cause,
        hint: 'One is enough for all networks; to replace it, stop it first.',
      },
    );
  }
}

function needsSystem(): Fault {
  return new Fault(
    'unsupported',
    'METADATA_NEEDS_SYSTEM',
    "There is no metadata service in libvirt's session mode, where guests have no network of the host's",
    { hint: 'Guests read the same on a drive. Or connect to qemu:///system as root.' },
  );
}
