// The engine's connections to libvirt: opened when first needed, opened again when they broke. Agent calls have
// connections of their own, since a hung agent holds up every call of its connection; see agent-calls.ts.
import { Fault, isFault } from '../base/index.ts';
import { type Connection, type Domain, openConnection } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import { deletedMeanwhile } from '../store/index.ts';
import type { AgentConnection } from './agent-calls.ts';
import { cureWhileOff } from './state-conflict.ts';

type Purpose = 'control' | AgentConnection;

export class LibvirtLink implements AsyncDisposable {
  readonly uri: string;
  readonly #open = new Map<Purpose, Promise<Connection>>();
  readonly #recorded: (id: string) => Instance | undefined;

  /** `recorded`: an instance as its record is at that moment. */
  constructor(uri: string, recorded: (id: string) => Instance | undefined) {
    this.uri = uri;
    this.#recorded = recorded;
  }

  /** For everything but agent calls. Throws `LIBVIRT_UNREACHABLE` and its kin. */
  async control(): Promise<Connection> {
    return await this.#connection('control');
  }

  /** The instance's domain, or undefined when libvirt says that there is none. */
  async findDomain(instance: Instance, purpose: Purpose = 'control'): Promise<Domain | undefined> {
    const connection = await this.#connection(purpose);
    try {
      return await connection.domainByUuid(instance.id);
    } catch (error) {
      if (isFault(error, 'DOMAIN_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** As it is recorded now. Throws `INSTANCE_NOT_FOUND` for one that somebody deleted meanwhile, or is deleting. */
  present(instance: Instance): Instance {
    const now = this.#recorded(instance.id);
    if (now === undefined || now.taskState === 'deleting') throw deletedMeanwhile(instance);
    return now;
  }

  /** Runs what looks at an instance that nobody holds: where its domain went with it, that is told, and not libvirt's UUID. */
  async whilePresent<T>(instance: Instance, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (error) {
      if (isFault(error, 'DOMAIN_NOT_FOUND')) this.present(instance);
      throw error;
    }
  }

  /** The instance's domain. Throws `INSTANCE_HAS_NO_DOMAIN`, and `INSTANCE_NOT_FOUND` where it was deleted meanwhile. */
  async domain(instance: Instance, purpose: Purpose = 'control'): Promise<Domain> {
    const domain = await this.findDomain(instance, purpose);
    if (domain !== undefined) return domain;
    const now = this.present(instance);
    throw new Fault(
      'conflict',
      'INSTANCE_HAS_NO_DOMAIN',
      `libvirt knows no domain for instance ${instance.name}`,
      {
        hint: `Somebody undefined it; a start defines it again. ${cureWhileOff(now)}`,
        details: { domain: instance.domainName },
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = [...this.#open.values()];
    this.#open.clear();
    for (const result of await Promise.allSettled(opened)) {
      if (result.status === 'fulfilled') await result.value.close();
    }
  }

  async #connection(purpose: Purpose): Promise<Connection> {
    const known = this.#open.get(purpose);
    if (known !== undefined && (await isUsable(known))) return await known;
    if (this.#open.get(purpose) === known) this.#open.set(purpose, openConnection(this.uri));
    const opening = this.#open.get(purpose) ?? openConnection(this.uri);
    try {
      return await opening;
    } catch (error) {
      if (this.#open.get(purpose) === opening) this.#open.delete(purpose); // the next caller tries afresh
      throw error;
    }
  }
}

/** Whether the connection opened and is still alive; a failure to open it was told to whoever asked for it. */
async function isUsable(opening: Promise<Connection>): Promise<boolean> {
  const [opened] = await Promise.allSettled([opening]);
  return opened.status === 'fulfilled' && (await opened.value.isAlive());
}
