// Words that have no place in the repository: paths of somebody's machine, hosts of package registries, notes on how a text came
// about, and one call that may never end.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-files.ts';

interface Word {
  readonly pattern: RegExp;
  readonly why: string;
  /** Which files; all when left out. */
  readonly within?: RegExp;
}

const FORBIDDEN: readonly Word[] = [
  {
    pattern: /(?<![\w.$}~])\/(?:work|home\/(?!\*|\$|user\b|alice\b|debian\b|guest\b)\w+)\//,
    why: 'a path of one machine',
  },
  {
    pattern: /\bregistry\.(?:npmjs|yarnpkg)\.\w+|\bpkg\.dev\b|\bartifactory\b/i,
    why: "a package registry's host",
  },
  { pattern: /"resolved":\s*"https?:/, why: "a package registry's address in the lock file" },
  { pattern: /\b(?:co-authored-by|ai-generated|language model)\b/i, why: 'how the text came about' },
  { pattern: /<{7} |>{7} /, why: 'a merge that was not finished' },
  {
    pattern: /\bmkdir(?:Sync)?\(.*\brecursive: true/,
    why: "Node's recursive mkdir never ends below /proc: use makeDirectory of hostlink",
    within: /^src\//,
  },
];

const SELF = 'scripts/check-words.ts';
const BINARY = /\.(?:gz|xz|zst|qcow2|png|ico|bin|iso)$/;

/** The lines with such words, one line each. */
export function checkWords(root: string): string[] {
  return sourceFiles(root, [''])
    .filter((file) => file !== SELF && !file.startsWith('test/house/') && !BINARY.test(file))
    .flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n');
      return lines.flatMap((text, index) =>
        FORBIDDEN.filter(({ pattern, within }) => pattern.test(text) && within?.test(file) !== false).map(
          ({ why }) => `${file}:${index + 1}: ${why}`,
        ),
      );
    });
}
