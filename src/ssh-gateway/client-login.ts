// Who a client is: public keys only, and one answer (no) for a key nobody has and a wrong signature. Who has proven a key
// is told why not, in one and the same sentence for a guest that is not there and one that may not be reached. Rules: RFC 4252.
import type { AuthContext, Connection } from 'ssh2';
import { asFault, Fault } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { faultText } from './fault-text.ts';
import { type Login, parseLogin } from './login.ts';
import type { Admission, SshReach } from './reach.ts';
import { tellBeforeLogin } from './ssh2-inside.ts';

export interface LoginOptions {
  readonly keys: AuthorizedKeys;
  readonly reach: SshReach;
  readonly attempts: number;
  readonly origin: string;
  readonly log: Log;
}

export interface LoggedIn {
  readonly subject: string;
  readonly admission: Admission;
}

const NEXT: ['publickey'] = ['publickey'];

/** Answers a connection's tries until one succeeds or there have been too many; `current` is who came in. */
export class ClientLogin {
  readonly #connection: Connection;
  readonly #options: LoginOptions;
  #failures = 0;
  #loggedIn: LoggedIn | undefined;

  constructor(connection: Connection, options: LoginOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.on('authentication', (context) => {
      this.#decide(context).catch((error: unknown) => {
        options.log.warn(
          { origin: options.origin, err: asFault(error) },
          'ssh gateway: trouble with a login',
        );
        this.#refuse(context);
      });
    });
  }

  get current(): LoggedIn | undefined {
    return this.#loggedIn;
  }

  async #decide(context: AuthContext): Promise<void> {
    if (context.method === 'none') return context.reject(NEXT); // how a client asks which methods there are
    if (context.method !== 'publickey') return this.#refuse(context);
    const { key, signature, blob, hashAlgo } = context;
    const owner = this.#options.keys.check({ algo: key.algo, data: key.data, signature, blob, hashAlgo });
    if (owner === undefined) return this.#refuse(context);
    if (!owner.isProven) return context.accept(); // "such a key could be used": asks for a signature
    const login = parseLogin(context.username);
    if (login === undefined) return this.#refuse(context, malformed(context.username));
    const admission = await this.#admit(owner.subject, login);
    if (admission instanceof Fault) return this.#refuse(context, admission);
    this.#loggedIn = { subject: owner.subject, admission };
    context.accept();
  }

  async #admit(subject: string, login: Login): Promise<Admission | Fault> {
    const { reach, log, origin } = this.#options;
    try {
      return await reach.authorize(subject, login, origin);
    } catch (error) {
      const fault = asFault(error);
      log.warn({ subject, origin, login, code: fault.code, err: fault }, 'ssh gateway: a login was refused');
      return TROUBLE.has(fault.kind) ? fault : refused(subject, login);
    }
  }

  #refuse(context: AuthContext, why?: Fault): void {
    this.#failures += 1;
    if (why !== undefined) tellBeforeLogin(this.#connection, faultText(why));
    if (this.#failures < this.#options.attempts) {
      context.reject(NEXT);
      return;
    }
    const { log, origin } = this.#options;
    log.warn({ origin, failures: this.#failures }, 'ssh gateway: too many failed tries of a login');
    this.#connection.end();
  }
}

/** Kinds that say nothing of whether an instance exists. */
const TROUBLE: ReadonlySet<string> = new Set(['unavailable', 'timeout']);

function refused(subject: string, { instance, guestUser }: Login): Fault {
  const as = guestUser === undefined ? '' : ` as ${guestUser}`;
  return new Fault(
    'denied',
    'SSH_LOGIN_REFUSED',
    `There is no instance "${instance}" that ${subject} may reach${as}`,
    {
      hint: 'Whoever runs the gateway can grant it, under subjects in its configuration file. A grant for some users of the guest wants USER+NAME as login.',
    },
  );
}

function malformed(written: string): Fault {
  return new Fault('denied', 'SSH_LOGIN_REFUSED', `"${written}" names no instance`, {
    hint: 'Log in as NAME, or as USER+NAME for a user of the guest: ssh USER+NAME@HOST',
  });
}
