// novalet ls NAME:PATH…
import type { Entry, Files } from '../../guest/index.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import { viaOption } from '../via-option.ts';
import { expanded } from './cp.ts';
import { guestOperands } from './guest-operand.ts';
import { nameLine } from './guest-output.ts';
import { type ViaOption, withFiles } from './with-files.ts';

interface LsOptions extends ViaOption {
  readonly long?: boolean;
  readonly all?: boolean;
  readonly user?: string;
}

export const ls: Define = (command, session) => {
  command
    .description('List files of a guest.')
    .argument('<name:path...>', 'files and directories in the guest')
    .option('-l, --long', 'show kind, permissions, owner, size and time too')
    .option('-a, --all', 'show names that begin with a dot too')
    .option('--user <user>', 'whom it is done as (default: root)')
    .addOption(viaOption())
    .action(async (operands: readonly string[], options: LsOptions) => {
      const { instance, paths } = guestOperands(operands);
      const entries = await withFiles(session, { instance, how: options }, async (files, { signal }) => {
        const { user } = options;
        const all: Entry[] = [];
        for (const path of await expanded(files, paths, { user, signal })) {
          all.push(...(await entriesOf(files, path, { user, signal })));
        }
        return all.filter(
          ({ name }) => options.all === true || !name.startsWith('.') || paths.includes(name),
        );
      });
      await show(session, entries, options.long === true);
    });
};

async function entriesOf(files: Files, path: string, act: Parameters<Files['stat']>[1]): Promise<Entry[]> {
  const entry = await files.stat(path, { ...act, follow: true });
  if (entry.kind === 'directory') return await files.list(path, act);
  return [{ ...(await files.stat(path, act)), name: path }];
}

async function show(session: Session, entries: readonly Entry[], long: boolean): Promise<void> {
  if (session.options.output !== 'table') {
    await session.print({ data: entries.map(record), text: () => '' });
    return;
  }
  if (!long) {
    for (const { name } of entries) await session.write(nameLine(session, '', name));
    return;
  }
  const head = ['MODE', 'OWNER', 'GROUP', 'SIZE', 'MODIFIED', 'NAME'];
  const rows = entries.map((entry) => [
    modeText(entry),
    entry.owner,
    entry.group,
    String(entry.size),
    timeOf(entry).slice(0, 19).replace('T', ' '),
    entry.target === undefined ? entry.name : `${entry.name} -> ${entry.target}`,
  ]);
  await session.write(formatTable({ head, rows }));
}

/** For programs: times in UTC with nine digits; a byte that is not UTF-8 is the escape \udc80 to \udcff in a name. */
function record(entry: Entry) {
  return {
    name: entry.name,
    kind: entry.kind,
    size: entry.size,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    owner: entry.owner,
    group: entry.group,
    modified_at: timeOf(entry),
    link_target: entry.target ?? null,
  };
}

function timeOf({ mtimeNs }: Entry): string {
  const second = 1_000_000_000n;
  const rest = ((mtimeNs % second) + second) % second;
  const milliseconds = Number((mtimeNs - rest) / 1_000_000n);
  if (Math.abs(milliseconds) > 8.64e15) return 'unknown';
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, `.${String(rest).padStart(9, '0')}Z`);
}

const LETTERS: Readonly<Record<Entry['kind'], string>> = {
  file: '-',
  directory: 'd',
  link: 'l',
  fifo: 'p',
  socket: 's',
  'character-device': 'c',
  'block-device': 'b',
};

/** `-rwsr-xr-t` */
export function modeText({ kind, mode }: Pick<Entry, 'kind' | 'mode'>): string {
  const three = (shift: number, special: boolean, letter: string): string => {
    const bits = mode >> shift;
    const canRun = (bits & 1) === 1;
    const run = special ? (canRun ? letter : letter.toUpperCase()) : canRun ? 'x' : '-';
    return `${(bits & 4) === 4 ? 'r' : '-'}${(bits & 2) === 2 ? 'w' : '-'}${run}`;
  };
  const [setUid, setGid, sticky] = [(mode & 0o4000) !== 0, (mode & 0o2000) !== 0, (mode & 0o1000) !== 0];
  return LETTERS[kind] + three(6, setUid, 's') + three(3, setGid, 's') + three(0, sticky, 't');
}
