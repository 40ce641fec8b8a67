// The 8.3 names that stand beside VFAT's long names, as Windows makes them: `user_data` and `user_date` are
// `USER_D~1` and `USER_D~2`. Knows names; knows no entry on the medium.
// Source: Microsoft, "FAT32 File System Specification" 1.03, "Generating 8.3 names from long names".

/** Eleven characters: eight of the stem and three of the extension, filled up with blanks. */
export type ShortName = string;

const STEM = 8;
const EXTENSION = 3;
const WHOLE = /^([A-Z0-9$%'\-_@~`!(){}^#&]{1,8})(?:\.([A-Z0-9$%'\-_@~`!(){}^#&]{1,3}))?$/;
const ALLOWED = /[^A-Z0-9$%'\-_@~`!(){}^#&]/gu;

/** True for a name that needs no long one beside it. */
export function isShort(name: string): boolean {
  return WHOLE.test(name);
}

/**
 * The short names of all names of one directory, which differ also without case. One that is an 8.3 name in all but case
 * keeps it; the others are cut and numbered, in the order given.
 */
export function shortNames(names: readonly string[]): ReadonlyMap<string, ShortName> {
  const found = new Map<string, ShortName>();
  const taken = new Set<ShortName>();
  for (const name of names) {
    const match = WHOLE.exec(asciiUpper(name));
    if (match === null) continue;
    const short = padded(match[1] ?? '', match[2] ?? '');
    found.set(name, short);
    taken.add(short);
  }
  const numbered = new Map<string, number>();
  for (const name of names) {
    if (!found.has(name)) found.set(name, numberedName(name, taken, numbered));
  }
  return found;
}

function numberedName(name: string, taken: Set<ShortName>, numbered: Map<string, number>): ShortName {
  const { stem, extension } = basis(name);
  const key = `${stem.slice(0, STEM - 2)}.${extension}`;
  let number = numbered.get(key) ?? 0;
  for (;;) {
    number += 1;
    const tail = `~${number}`;
    const short = padded(stem.slice(0, STEM - tail.length) + tail, extension);
    if (taken.has(short)) continue;
    taken.add(short);
    numbered.set(key, number);
    return short;
  }
}

function basis(name: string): { stem: string; extension: string } {
  const plain = name.replace(/ /g, '').replace(/^\.+/, '');
  const dot = plain.lastIndexOf('.');
  const stem = plain.slice(0, dot < 0 ? undefined : dot).replaceAll('.', '');
  return {
    stem: stem === '' ? '_' : allowed(stem).slice(0, STEM),
    extension: dot < 0 ? '' : allowed(plain.slice(dot + 1)).slice(0, EXTENSION),
  };
}

function allowed(text: string): string {
  return asciiUpper(text).replace(ALLOWED, '_');
}

/** `ß` stays one character, as in the tables of those who read it. */
function asciiUpper(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function padded(stem: string, extension: string): ShortName {
  return stem.padEnd(STEM) + extension.padEnd(EXTENSION);
}
