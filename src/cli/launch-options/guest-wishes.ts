// What the guest shall be like: --user, --hostname, --timezone, --locale, --package, --run, --write-file, --grow.
import type { Command } from 'commander';
import type { GuestWishes, LaunchRequest, WrittenFile } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { readFileOrStdin } from '../input.ts';
import type { Session } from '../session.ts';
import { collect, invalid } from '../values.ts';
import { only, readSubOptions } from './sub-options.ts';

export interface GuestWishOptions {
  readonly user?: string;
  readonly hostname?: string;
  readonly timezone?: string;
  readonly locale?: string;
  readonly package?: readonly string[];
  readonly run?: readonly string[];
  readonly writeFile?: readonly string[];
  readonly grow?: boolean;
}

export function addGuestWishOptions(command: Command): void {
  command
    .option('--user <name>', 'make a user who may become root; gets the keys and the password')
    .option('--hostname <name>', 'host name in the guest (default: made from the name)')
    .option('--timezone <zone>', 'time zone of the guest, for example Europe/Berlin')
    .option('--locale <locale>', 'locale of the guest, for example de_DE.UTF-8')
    .option('--package <name>', 'package that the guest installs; may be given several times', collect)
    .option(
      '--run <command>',
      'command that the guest runs as root at its first boot; may be given several times',
      collect,
    )
    .option(
      '--write-file <guest-path=file>',
      'file that the guest writes at its first boot; mode= and owner= behind a comma; may be given several times',
      collect,
    )
    .option('--grow', "grow the guest's root file system to its disk")
    .option('--no-grow', 'leave its size as the image has it');
}

/** Throws `OPTION_INVALID` and the faults of reading. What the values mean is checked by the engine. */
export async function readGuestWishOptions(
  session: Session,
  options: GuestWishOptions,
): Promise<Pick<LaunchRequest, 'guest'>> {
  const { user, hostname, timezone, locale, package: packages, run, writeFile, grow: growRoot } = options;
  const writeFiles = writeFile === undefined ? undefined : await readFiles(session, writeFile);
  const guest: GuestWishes = defined({
    user,
    hostname,
    timezone,
    locale,
    packages,
    run,
    writeFiles,
    growRoot,
  });
  return Object.keys(guest).length === 0 ? {} : { guest };
}

/** Those of these options that read stdin, by their names. */
export function stdinReaders({ writeFile = [] }: GuestWishOptions): readonly string[] {
  return writeFile.filter((text) => readWriteFile(text).file === '-').map(() => '--write-file');
}

async function readFiles(session: Session, texts: readonly string[]): Promise<readonly WrittenFile[]> {
  const files: WrittenFile[] = [];
  for (const text of texts) {
    const { file, ...written } = readWriteFile(text);
    files.push({ ...written, content: await readFileOrStdin(session, file) });
  }
  return files;
}

interface WriteFile extends Omit<WrittenFile, 'content'> {
  readonly file: string;
}

/** `/etc/motd=motd.txt`, `/srv/token=token,mode=0600,owner=bob:bob`. The first = ends the path in the guest. */
export function readWriteFile(text: string): WriteFile {
  const [place = '', ...words] = text.split(/,(?=[a-z]+=)/);
  const at = place.indexOf('=');
  const [path, file] = [place.slice(0, Math.max(at, 0)), place.slice(at + 1)];
  if (path === '' || file === '') {
    throw invalid(
      '--write-file wants GUEST-PATH=FILE',
      'For example --write-file /etc/motd=motd.txt, or --write-file /srv/token=token,mode=0600,owner=bob',
    );
  }
  const options = readSubOptions('--write-file', ['', ...words].join(','), ['mode', 'owner']);
  return { path, file, ...defined({ permissions: only(options, 'mode'), owner: only(options, 'owner') }) };
}
