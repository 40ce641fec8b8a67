// The gateway's ways into guests, over the engine: what a subject may do there is decided at its login, and once more by
// the engine at every act. One guest's road is shared by all who are in it: the engine keeps it.
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
import type { Compute } from '../compute/index.ts';
import type { Instance } from '../model/index.ts';
import type { Admission, GuestReach, Login, SshReach } from '../ssh-gateway/index.ts';

export interface EngineReachOptions {
  readonly compute: Pick<Compute, 'show' | 'guest'>;
  readonly subjects: readonly Subject[];
  /** For logins that were refused; everything else the gateway records. */
  readonly audit: AuditLog;
}

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

  async open(name: string, { instance, guestUser: user }: Admission, origin: string): Promise<GuestReach> {
    const subject = this.#subject(name);
    if (subject === undefined) throw refused(name, { instance: instance.name, guestUser: user });
    const guest = await this.#options.compute.guest(instance.id, {
      by: { subject, origin },
      isRecorder: true,
    });
    return {
      spawn: (request) => guest.spawn(request),
      sftp: (user, readOnly) => guest.sftp(user, readOnly),
      connect: (address) => guest.connect(address, { user }),
      listen: (address, onConnection) => guest.listen(address, onConnection, { user }),
      [Symbol.asyncDispose]: async () => {
        // the road stays for whoever comes next, and ends with the engine
      },
    };
  }

  #subject(name: string): Subject | undefined {
    return this.#options.subjects.find((known) => known.name === name && name !== LOCAL.name);
  }

  async #authorize(name: string, login: Login): Promise<Admission> {
    const subject = this.#subject(name);
    if (subject === undefined) throw refused(name, login);
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
