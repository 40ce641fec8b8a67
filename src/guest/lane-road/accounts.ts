// Whom the guest knows under a user's name or number: its own programs are asked, since users may come from anywhere
// (nsswitch.conf); where it has none, its files. Root comes from the files at once: no name service may redefine it.

import { within } from '../../base/index.ts';
import type { LaneSession, LaneUser } from '../../lane/index.ts';
import { scriptFault } from '../exec-faults.ts';
import { ask, readShort } from './small.ts';

export interface Account extends LaneUser {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

const KEPT_MS = 30_000;
const KEPT_ENTRIES = 256;
const ANSWER_MS = 60_000;
const MAX_GROUPS = 4096;
const LARGEST_ID = 2 ** 32 - 2;

/** The guest's accounts, each kept for 30 s. */
export class Accounts {
  readonly #session: LaneSession;
  readonly #kept = new Map<string, { readonly until: number; readonly account: Promise<Account> }>();

  constructor(session: LaneSession) {
    this.#session = session;
  }

  /** Throws `EXEC_USER_UNKNOWN`. */
  async find(user: string, signal?: AbortSignal): Promise<Account> {
    const kept = this.#kept.get(user);
    const account = kept !== undefined && performance.now() < kept.until ? kept.account : this.#look(user);
    return await within(ANSWER_MS, `the user ${user} of ${this.#session.peer}`, () => account, { signal });
  }

  #look(user: string): Promise<Account> {
    const account = this.#ask(user);
    if (this.#kept.size >= KEPT_ENTRIES) this.#kept.clear();
    const entry = { until: performance.now() + KEPT_MS, account };
    this.#kept.set(user, entry);
    account.catch(() => {
      if (this.#kept.get(user) === entry) this.#kept.delete(user);
    });
    return account;
  }

  async #ask(user: string): Promise<Account> {
    const { peer } = this.#session;
    const entry = user === 'root' || user === '0' ? await this.#root() : await this.#entry(user);
    if (entry === undefined) throw scriptFault('user', { command: '', user, cwd: '', peer });
    return { ...entry, groups: await this.#groups(entry) };
  }

  /** A guest without the file still has its root. */
  async #root(): Promise<Entry> {
    const fallback = { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/sh' };
    return entryIn(await readShort(this.#session, '/etc/passwd'), '0') ?? fallback;
  }

  async #entry(user: string): Promise<Entry | undefined> {
    const said = await ask(this.#session, ['getent', 'passwd', user]);
    return entryIn(said?.text ?? (await readShort(this.#session, '/etc/passwd')), user);
  }

  async #groups(entry: Entry): Promise<readonly number[]> {
    const said = entry.uid === 0 ? undefined : await ask(this.#session, ['id', '-G', entry.name]);
    const more =
      said?.exitCode === 0
        ? said.text.trim().split(/\s+/)
        : groupsIn(await readShort(this.#session, '/etc/group'), entry.name);
    const numbers = more.map(idOf).filter((id) => id !== undefined);
    return [...new Set([entry.gid, ...numbers])].slice(0, MAX_GROUPS);
  }
}

type Entry = Omit<Account, 'groups'>;

/** The line of passwd(5) for a name, or else for a number. */
function entryIn(text: string | undefined, user: string): Entry | undefined {
  const entries = (text ?? '').split('\n').map(decodeEntry);
  const isNumber = /^[0-9]+$/.test(user);
  return (
    entries.find((entry) => entry?.name === user) ??
    entries.find((entry) => isNumber && entry?.uid === Number(user))
  );
}

function decodeEntry(line: string): Entry | undefined {
  const [name = '', , uidText = '', gidText = '', , home = '', shell = '', ...rest] = line.split(':');
  const [uid, gid] = [idOf(uidText), idOf(gidText)];
  if (
    uid === undefined ||
    gid === undefined ||
    rest.length > 0 ||
    !/^[^\s/:\p{Cc}-][^\s/:\p{Cc}]{0,255}$/u.test(name)
  )
    return undefined;
  return { name, uid, gid, home: isPath(home) ? home : '/', shell: isPath(shell) ? shell : '/bin/sh' };
}

function groupsIn(text: string | undefined, name: string): readonly string[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const [, , gid = '', members = ''] = line.split(':');
    return members.split(',').includes(name) ? [gid] : [];
  });
}

function idOf(text: string): number | undefined {
  const id = Number(text);
  return /^[0-9]{1,10}$/.test(text) && id <= LARGEST_ID ? id : undefined;
}

function isPath(text: string): boolean {
  return /^\/[^\p{Cc}]{0,4094}$/u.test(text);
}
