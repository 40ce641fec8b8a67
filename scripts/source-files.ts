// The files of the repository that the house rules look at: those git knows or would take, in a stable order.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Paths relative to `root`, below the given folders ('' for all), that end in one of `endings` (all when empty).
 * Leaves out what git ignores; where `root` is not a repository, node_modules and dist.
 */
export function sourceFiles(
  root: string,
  folders: readonly string[],
  endings: readonly string[] = [],
): string[] {
  return listed(root)
    .filter((file) => folders.some((folder) => folder === '' || file.startsWith(`${folder}/`)))
    .filter((file) => endings.length === 0 || endings.some((ending) => file.endsWith(ending)))
    .sort();
}

function listed(root: string): string[] {
  if (!existsSync(join(root, '.git'))) {
    return globSync('**/*', { cwd: root, exclude: ['**/node_modules', '**/dist'], withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  }
  const out = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return out.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
}
