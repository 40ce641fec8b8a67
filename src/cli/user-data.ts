// User data as files of the command line.
import type { UserDataFile } from '../compute/index.ts';
import { readFileOrStdin } from './input.ts';
import type { Session } from './session.ts';
import { invalid } from './values.ts';

export async function readUserData(
  session: Session,
  paths: readonly string[],
): Promise<readonly UserDataFile[]> {
  if (paths.filter((path) => path === '-').length > 1) {
    throw invalid('--user-data - is given twice, and there is one stdin', 'Give the other one as a file.');
  }
  const files: UserDataFile[] = [];
  for (const path of paths) {
    files.push({ name: path === '-' ? 'stdin' : path, bytes: await readFileOrStdin(session, path) });
  }
  return files;
}
