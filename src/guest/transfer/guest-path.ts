// Names of the guest's files. A name there is any bytes but NUL and slash; here it is a string in which a byte that is
// not UTF-8 stands as U+DC00 + the byte (as Python's surrogateescape has it), so that every name survives the way back.
// Knows no road.
import { randomBytes } from 'node:crypto';
import { Fault } from '../../base/index.ts';

const ESCAPE = 0xdc00;
const LONGEST_PATH = 4096;
const LONGEST_NAME = 255;

/** The name that these bytes are. */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text, 'utf8').equals(bytes)) return text;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    name +=
      length === 0 ? String.fromCharCode(ESCAPE + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return name;
}

/** The bytes of a name. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  const pieces: Buffer[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    const isByte = code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
    pieces.push(isByte ? Buffer.of(code - ESCAPE) : Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(pieces);
}

/** Whether the name can go where only text can: an argument, a path of the road's own. */
export function isText(name: string): boolean {
  return name.isWellFormed();
}

/** Length of the UTF-8 character at `at`; 0 where there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const piece = bytes.subarray(at, at + length);
  return Buffer.from(piece.toString('utf8'), 'utf8').equals(piece) ? length : 0;
}

/** Refuses what is no path; takes away slashes at its end. */
export function checkedPath(path: string): string {
  if (path === '' || path.includes('\0') || encodeName(path).length >= LONGEST_PATH) {
    throw new Fault(
      'invalid',
      'GUEST_PATH_INVALID',
      'The path in the guest is empty, too long, or holds a NUL character',
      {
        hint: 'Give a path, such as /etc/hostname.',
      },
    );
  }
  return path.replace(/\/+$/, '') || '/';
}

/** Whether the path says that it is a directory's. */
export function meansDirectory(path: string): boolean {
  return /(?:^|\/)\.{0,2}$/.test(path);
}

/** Whether all of a directory's content is meant and not the directory: `SRC/.`, as cp has it. */
export function meansContent(path: string): boolean {
  return path === '.' || /\/\.\/*$/.test(path);
}

/** The last part of a path; '' of the root and where it only leads up. */
export function baseName(path: string): string {
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
  return name === '.' || name === '..' ? '' : name;
}

/** The path of the directory that holds it. */
export function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.slice(0, at);
}

export function joined(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** `.NAME.novalet-RANDOM`; a name that is too long for it is cut. */
export function temporaryName(name: string, mark = randomBytes(6).toString('hex')): string {
  const tail = `.novalet-${mark}`;
  let kept = name;
  while (encodeName(kept).length > LONGEST_NAME - tail.length - 1) kept = [...kept].slice(0, -1).join('');
  return `.${kept}${tail}`;
}
