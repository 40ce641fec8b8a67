// The small environment that a program in the guest begins with.
import { Secret } from '../../base/index.ts';
import type { LaneSession } from '../../lane/index.ts';
import type { SpawnRequest } from '../road.ts';
import type { Account } from './accounts.ts';
import { ROOT_PATH, readShort } from './small.ts';

/** As Debian's login gives them. */
const USER_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games';
const LOCALE_FILES = ['/etc/default/locale', '/etc/locale.conf'];
const LANG = /^[ \t]*(?:export[ \t]+)?LANG=(["']?)([A-Za-z0-9_.@-]{1,64})\1[ \t]*$/m;

/** `NAME=value`: the user's own, the language of the guest, and on top what the request says. */
export function environmentOf(
  account: Account,
  lang: string | undefined,
  request: Pick<SpawnRequest, 'env' | 'terminal'>,
): readonly string[] {
  const variables: Record<string, string | Secret> = {
    PATH: account.uid === 0 ? ROOT_PATH : USER_PATH,
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    SHELL: account.shell,
    ...(lang === undefined ? {} : { LANG: lang }),
    ...(request.terminal === undefined ? {} : { TERM: request.terminal.term }),
    ...request.env,
  };
  return Object.entries(variables).map(
    ([name, value]) => `${name}=${value instanceof Secret ? value.reveal() : value}`,
  );
}

/** The language that the guest's system files name. */
export async function languageOf(session: LaneSession): Promise<string | undefined> {
  const texts = await Promise.all(LOCALE_FILES.map((path) => readShort(session, path)));
  return texts.map((text) => LANG.exec(text ?? '')?.[2]).find((lang) => lang !== undefined);
}
