// Holds files to the walls: 500 lines, 300 for C and C++. Functions and parameters are measured by biome (biome.json), which parses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-files.ts';

const WALLS: readonly { folders: readonly string[]; endings: readonly string[]; lines: number }[] = [
  { folders: ['src', 'test', 'scripts', 'native'], endings: ['.ts', '.js', '.mjs', '.cjs'], lines: 500 },
  { folders: ['native', 'test'], endings: ['.c', '.cc', '.cpp', '.h', '.hpp'], lines: 300 },
];

/** The files that are too long, one line each. */
export function checkSizes(root: string): string[] {
  return WALLS.flatMap(({ folders, endings, lines: wall }) =>
    sourceFiles(root, folders, endings).flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').replace(/\n$/, '').split('\n').length;
      return lines > wall ? [`${file}: ${lines} lines, and the wall is ${wall}`] : [];
    }),
  );
}
