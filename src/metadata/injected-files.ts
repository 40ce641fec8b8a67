// Files that a config drive carries beside its documents, and that cloud-init writes at the guest's first boot. The limits are
// those with which Nova's quotas come. Contents are not repeated in messages: they may hold secrets.
import { Fault } from '../base/index.ts';
import type { InjectedFile } from '../model/index.ts';

const MOST_FILES = 5;
const MOST_BYTES = 10_240;
const MOST_PATH_BYTES = 255;

/** Gives copies. Throws `INJECTED_FILE_INVALID`. */
export function checkInjectedFiles(files: readonly InjectedFile[]): readonly InjectedFile[] {
  if (files.length > MOST_FILES) {
    throw invalid(`${files.length} files are to be injected, and ${MOST_FILES} are allowed`, MORE_OR_LARGER);
  }
  const paths = files.map(({ path }) => path);
  for (const [at, { path, content }] of files.entries()) {
    checkPath(path);
    if (paths.indexOf(path) < at) throw invalid(`${path} is to be injected twice`, 'Leave one of them out.');
    if (content.length > MOST_BYTES) {
      const sizes = `${content.length} bytes, and ${MOST_BYTES} are allowed`;
      throw invalid(`The file to be injected as ${path} has ${sizes}`, MORE_OR_LARGER);
    }
  }
  return files.map(({ path, content }) => ({ path, content: Uint8Array.from(content) }));
}

const MORE_OR_LARGER = 'More and larger ones go with --write-file, or with novalet cp when the guest runs.';

/** cloud-init takes the path as it is, and one that is not absolute as if it were. */
function checkPath(path: string): void {
  const names = path.split('/').slice(1);
  const isPlain = names.every((name) => name !== '' && name !== '.' && name !== '..');
  const isAbsolute = path.startsWith('/') && isPlain && !/\p{Cc}/u.test(path);
  if (isAbsolute && Buffer.byteLength(path) <= MOST_PATH_BYTES) return;
  const shown = JSON.stringify(path.length > 60 ? `${path.slice(0, 60)}…` : path);
  throw invalid(
    `${shown} is no path for a file to be injected`,
    `Write an absolute one without . and .., of ${MOST_PATH_BYTES} bytes at most: /etc/motd`,
  );
}

function invalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'INJECTED_FILE_INVALID', message, { hint });
}
