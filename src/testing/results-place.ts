// Where the evidence of a failed test goes: a directory for each test, below one for its file. Pure.
import { basename, isAbsolute, join, relative } from 'node:path';

const LONGEST = 80;

export interface TestName {
  readonly file: string;
  readonly name: string;
}

/** `<results>/<file, seen from directory>/<test>`, with names that any file system and any artefact store takes. */
export function resultsPlace(results: string, directory: string, { file, name }: TestName): string {
  const seen = relative(directory, file);
  const isBelow = seen !== '' && !seen.startsWith('..') && !isAbsolute(seen);
  const folders = (isBelow ? seen : basename(file)).split('/').map(fileName);
  return join(results, ...folders, fileName(name));
}

/** The test file in the name of an instance: `test/web-server.test.ts` as `web-server`. */
export function guestNameOf(file: string): string {
  const word = basename(file)
    .replace(/(?:[.-](?:test|spec))?(?:\.[cm]?[jt]sx?)?$/, '')
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  return word === '' ? 'test' : word;
}

/** Two names that differ only in what cannot stand in a file's name share one; they are of one file's tests. */
function fileName(text: string): string {
  const word = text
    .replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, LONGEST);
  return word === '' ? 'test' : word;
}
