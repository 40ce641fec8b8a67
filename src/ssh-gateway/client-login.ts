// Who a client is: public keys only, and one answer (no) for a key nobody has, a wrong signature, a guest that does not
// exist and one that the key's owner may not reach. Rules: RFC 4252.
import type { AuthContext, Connection } from 'ssh2';
import { asFault } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { type Login, parseLogin } from './login.ts';
import type { Admission, SshReach } from './reach.ts';

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
    const admission = login === undefined ? undefined : await this.#admit(owner.subject, login);
    if (admission === undefined) return this.#refuse(context);
    this.#loggedIn = { subject: owner.subject, admission };
    context.accept();
  }

  async #admit(subject: string, login: Login): Promise<Admission | undefined> {
    const { reach, log, origin } = this.#options;
    try {
      return await reach.authorize(subject, login, origin);
    } catch (error) {
      const fault = asFault(error);
      log.warn({ subject, origin, login, code: fault.code, err: fault }, 'ssh gateway: a login was refused');
      return undefined;
    }
  }

  #refuse(context: AuthContext): void {
    this.#failures += 1;
    if (this.#failures < this.#options.attempts) {
      context.reject(NEXT);
      return;
    }
    const { log, origin } = this.#options;
    log.warn({ origin, failures: this.#failures }, 'ssh gateway: too many failed tries of a login');
    this.#connection.end();
  }
}
