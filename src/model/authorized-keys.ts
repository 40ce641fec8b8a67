// The text of an authorized_keys file (sshd(8), AUTHORIZED_KEYS FILE FORMAT): its keys, and the text with keys more or
// fewer. Lines that are no keys (comments, other people's notes) stay as they are. Knows no guest and no disk.

/** One key as it stands in such a file. */
export interface AuthorizedLine {
  /** The whole line, without its end. */
  readonly line: string;
  /** `ssh-ed25519` … */
  readonly type: string;
  /** The key itself, in base64. */
  readonly blob: string;
  /** Empty where there is none. */
  readonly comment: string;
}

/** Options may stand before the type, with spaces and quotes of their own. */
const KEY =
  /^(?:.*[ \t])?((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]{2,60})[ \t]+(AAAA[A-Za-z0-9+/]{16,12000}={0,2})(?:[ \t]+(.*))?$/;

/** The key of one line; undefined for a line that holds none. */
export function readAuthorizedLine(text: string): AuthorizedLine | undefined {
  const line = text.trim();
  if (line.startsWith('#') || line.length > 16_384) return undefined;
  const [, type, blob, comment = ''] = KEY.exec(line) ?? [];
  return type === undefined || blob === undefined ? undefined : { line, type, blob, comment };
}

/** The keys of a file, in its order. */
export function authorizedLines(text: string): readonly AuthorizedLine[] {
  return text.split('\n').flatMap((line) => readAuthorizedLine(line) ?? []);
}

/**
 * The text with these keys behind what is there. A key that is there already, under whatever comment and options, is not
 * added again. Ends with a line feed, also where the last line had none.
 */
export function addAuthorizedKeys(
  text: string,
  keys: readonly string[],
): { readonly text: string; readonly added: readonly string[] } {
  const known = new Set(authorizedLines(text).map(({ blob }) => blob));
  const added: string[] = [];
  for (const key of keys) {
    const blob = readAuthorizedLine(key)?.blob ?? key;
    if (known.has(blob)) continue;
    known.add(blob);
    added.push(key);
  }
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return { text: added.length === 0 ? text : `${before}${added.join('\n')}\n`, added };
}

/** The text without the keys that `isDropped` chooses; every other line stays. */
export function dropAuthorizedKeys(
  text: string,
  isDropped: (key: AuthorizedLine) => boolean,
): { readonly text: string; readonly dropped: readonly AuthorizedLine[] } {
  const dropped: AuthorizedLine[] = [];
  const kept = text.split('\n').filter((line) => {
    const key = readAuthorizedLine(line);
    if (key === undefined || !isDropped(key)) return true;
    dropped.push(key);
    return false;
  });
  return { text: kept.join('\n'), dropped };
}
