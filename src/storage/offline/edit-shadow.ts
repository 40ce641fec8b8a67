// Lines of /etc/passwd and /etc/shadow, as text: passwd(5), shadow(5). Bytes come as latin1, so that what we do not
// understand stays as it is.

export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Absolute. */
  readonly home: string;
}

export interface ShadowChange {
  /** A crypt(5) hash. */
  readonly hash: string | undefined;
  /** The password has to be changed at the next login. */
  readonly expire: boolean;
}

const LARGEST_ID = 2 ** 32 - 2;
const DAY_MS = 86_400_000;

/** The user's entry in /etc/passwd; undefined where there is none, or one that cannot be meant. */
export function findAccount(passwd: string, user: string): Account | undefined {
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${user}:`))
    ?.split(':');
  if (fields?.length !== 7) return undefined;
  const [, , uid = '', gid = '', , home = ''] = fields;
  const isWhole = [uid, gid].every((id) => /^\d{1,10}$/.test(id) && Number(id) <= LARGEST_ID);
  if (!isWhole || !home.startsWith('/') || home.includes('\0')) return undefined;
  return { uid: Number(uid), gid: Number(gid), home: Buffer.from(home, 'latin1').toString('utf8') };
}

/** The file with the user's first line changed, which is the one that counts; undefined where there is none. */
export function editShadow(
  shadow: string,
  user: string,
  change: ShadowChange,
  nowMs: number,
): string | undefined {
  const lines = shadow.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`${user}:`));
  const fields = lines[at]?.split(':');
  if (fields === undefined || fields.length < 2) return undefined;
  while (fields.length < 9) fields.push('');
  if (change.hash !== undefined) {
    fields[1] = change.hash;
    fields[2] = String(Math.floor(nowMs / DAY_MS));
  }
  if (change.expire) fields[2] = '0';
  lines[at] = fields.join(':');
  return lines.join('\n');
}
