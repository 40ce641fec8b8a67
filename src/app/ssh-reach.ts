// The gateway's ways into guests, over the engine: what a subject may do there is decided at its login, every act is
// refused that the audit could not record, and one guest's road is shared by all who are in it (the engine keeps it).
import type { Duplex } from 'node:stream';
import {
  type AuditLog,
  allows,
  LOCAL,
  outcomeOf,
  type Privilege,
  type Subject,
  sees,
} from '../audit/index.ts';
import { asFault, Fault } from '../base/index.ts';
import type { Compute, GuestAccess } from '../compute/index.ts';
import type { Instance } from '../model/index.ts';
import type {
  Admission,
  GuestAddress,
  GuestCaller,
  GuestListener,
  GuestReach,
  Login,
  SshReach,
} from '../ssh-gateway/index.ts';

export interface EngineReachOptions {
  readonly compute: Pick<Compute, 'show' | 'guest'>;
  readonly subjects: readonly Subject[];
  readonly audit: AuditLog;
}

/** What the engine's guests can do beyond programs; a road that cannot leaves it out. */
type GuestDoors = GuestAccess & Partial<Pick<GuestReach, 'sftp' | 'connect' | 'listen'>>;
type SpawnRequest = Parameters<GuestAccess['spawn']>[0];
type GuestProcess = Awaited<ReturnType<GuestAccess['spawn']>>;

export class EngineReach implements SshReach {
  readonly #options: EngineReachOptions;

  constructor(options: EngineReachOptions) {
    this.#options = options;
  }

  async authorize(subject: string, login: Login, origin: string): Promise<Admission> {
    try {
      return await this.#authorize(subject, login);
    } catch (error) {
      this.#recordRefusal(asFault(error), { subject, login, origin });
      throw error;
    }
  }

  async open(subject: string, { instance }: Admission, origin: string): Promise<GuestReach> {
    const options = { signal: undefined, subject, origin }; // for an engine that asks who; see GuestOptions
    const guest: GuestDoors = await this.#options.compute.guest(instance.id, options);
    return new EngineGuest(guest, this.#options.audit);
  }

  async #authorize(name: string, login: Login): Promise<Admission> {
    const subject = this.#options.subjects.find((known) => known.name === name);
    if (subject === undefined || name === LOCAL.name) throw refused(name, login);
    const { instance } = await this.#options.compute.show(login.instance);
    if (!sees(subject, instance)) throw refused(name, login);
    const guestUser = login.guestUser ?? adminUser(instance);
    const may = (privilege: Privilege) => allows(subject, privilege, instance, guestUser);
    const rights = {
      exec: may('exec'),
      filesRead: may('files-read'),
      filesWrite: may('files-write'),
      forward: may('forward'),
    };
    if (!Object.values(rights).includes(true)) throw refused(name, login);
    return { instance: { id: instance.id, name: instance.name }, guestUser, may: rights };
  }

  #recordRefusal(
    fault: Fault,
    { subject, login, origin }: { subject: string; login: Login; origin: string },
  ): void {
    this.#options.audit.write({
      ...{ subject, origin, instance: { id: '', name: login.instance }, guestUser: login.guestUser ?? null },
      ...{ privilege: 'exec', what: 'login', target: null, outcome: outcomeOf(fault), code: fault.code },
      ...{ exitCode: null, signal: null, bytesIn: 0, bytesOut: 0, via: null, ms: 0 },
    });
  }
}

class EngineGuest implements GuestReach {
  readonly #guest: GuestDoors;
  readonly #audit: AuditLog;

  constructor(guest: GuestDoors, audit: AuditLog) {
    this.#guest = guest;
    this.#audit = audit;
  }

  async spawn(request: SpawnRequest): Promise<GuestProcess> {
    this.#audit.check();
    return await this.#guest.spawn(request);
  }

  async sftp(user: string, readOnly: boolean): Promise<GuestProcess> {
    this.#audit.check();
    if (this.#guest.sftp === undefined) throw this.#cannot('serve sftp');
    return await this.#guest.sftp(user, readOnly);
  }

  async connect(address: GuestAddress): Promise<Duplex> {
    this.#audit.check();
    if (this.#guest.connect === undefined) throw this.#cannot('open connections');
    return await this.#guest.connect(address);
  }

  async listen(address: GuestAddress, onConnection: (caller: GuestCaller) => void): Promise<GuestListener> {
    this.#audit.check();
    if (this.#guest.listen === undefined) throw this.#cannot('listen');
    return await this.#guest.listen(address, onConnection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // the engine keeps the road for whoever comes next, and ends it with itself
  }

  #cannot(what: string): Fault {
    const { name } = this.#guest.instance;
    return new Fault('unsupported', 'ROAD_CANNOT', `The road into ${name} cannot ${what}`, {
      hint: `novalet guest ${name} doctor says whether a lane can be had.`,
    });
  }
}

/** One answer for what is not there and what may not be known to be there. */
function refused(subject: string, { instance }: Login): Fault {
  return new Fault('denied', 'SSH_LOGIN_REFUSED', `${subject} may not reach an instance "${instance}"`, {
    hint: 'novalet list shows the instances; subjects in the configuration file says who may reach them.',
  });
}

/** As the engine has it: the image's os_admin_user, else root. */
function adminUser(instance: Instance): string {
  return instance.image.properties['os_admin_user'] ?? 'root';
}
