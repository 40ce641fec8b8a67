// Names of the guest's files. A name there is any bytes but NUL and slash; here it is a string in which a byte that is
// not UTF-8 stands as U+DC00 + the byte (as Python's surrogateescape has it), so that every name survives the way back.
// Knows no road.
import { randomBytes } from 'node:crypto';
import { decodeName, encodeName, Fault, isText } from '../../base/index.ts';

export { decodeName, encodeName, isText };

const LONGEST_PATH = 4096;
const LONGEST_NAME = 255;

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
