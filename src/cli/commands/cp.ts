// novalet cp SOURCE… TARGET
import { Option } from 'commander';
import type { CopyOptions, CopyReport, Files } from '../../guest/index.ts';
import { defined } from '../defined.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { invalid, quantity } from '../values.ts';
import { viaOption } from '../via-option.ts';
import { asGuest, isPattern, parseMode } from './guest-operand.ts';
import { TransferLine } from './transfer-line.ts';
import { type ViaOption, withFiles } from './with-files.ts';

interface CpOptions extends ViaOption {
  readonly recursive?: boolean;
  readonly user?: string;
  readonly owner?: string;
  readonly mode?: number;
  readonly preserve: boolean;
  readonly numericOwners?: boolean;
  readonly verify: boolean;
  readonly resume?: boolean;
  readonly maxBytes?: number;
}

interface Copy {
  readonly instance: string;
  readonly isIn: boolean;
  readonly sources: readonly string[];
  readonly target: string;
}

export const cp: Define = (command, session) => {
  command
    .description(
      'Copy files between this host and a guest. NAME:PATH is in the guest; a path of this host with a colon in it needs ./ before it; - is stdin or stdout.',
    )
    .usage('[options] <source...> <target>')
    .argument(
      '<path...>',
      'what is copied, with patterns of the guest expanded there; last, where to, as cp means it',
    )
    .option('-r, --recursive', 'copy directories; DIR/. means what is in DIR')
    .option(
      '--user <user>',
      'whom it is done as in the guest, and whose the copies are there (default: root)',
    )
    .option('--owner <owner>', 'whose the copies are in the guest: USER, USER:GROUP or numbers')
    .addOption(new Option('--mode <mode>', 'permissions of copied files').argParser(parseMode))
    .option('--no-preserve', 'do not keep times and permissions')
    .option(
      '--numeric-owners',
      'keep the numbers of owners and groups of directories (as root on both sides)',
    )
    .option('--no-verify', 'do not compare digests of both sides')
    .option('--resume', 'keep what came before a cut, and go on from there (single files)')
    .addOption(
      new Option(
        '--max-bytes <size>',
        'accept no more than this from the guest (default: what it announces and a part more, while this host keeps a reserve)',
      ).argParser(quantity('--max-bytes', 1)),
    )
    .addOption(viaOption())
    .action(async (paths: readonly string[], options: CpOptions) => {
      const copy = meaning(paths.slice(0, -1), paths.at(-1) ?? '');
      const reports = await withFiles(
        session,
        { instance: copy.instance, how: options },
        async (files, { signal }) => {
          const {
            user,
            owner,
            mode,
            preserve,
            verify,
            resume,
            recursive,
            maxBytes,
            numericOwners: preserveOwner,
          } = options;
          const how = {
            user,
            owner,
            mode,
            preserve,
            verify,
            resume,
            recursive,
            maxBytes,
            preserveOwner,
            signal,
          };
          return await copyAll(session, files, copy, defined(how));
        },
      );
      await tell(session, copy, reports);
    });
};

/** Which side is the guest's. */
export function meaning(sources: readonly string[], target: string): Copy {
  const to = asGuest(target);
  const from = sources.map(asGuest);
  if (to !== undefined) {
    if (from.some((guest) => guest !== undefined)) {
      throw invalid(
        'Both sides are in a guest',
        'Copy to this host first, and from here to the other guest.',
      );
    }
    return { instance: to.instance, isIn: true, sources, target: to.path };
  }
  const [first] = from;
  if (first === undefined || from.some((guest) => guest?.instance !== first.instance)) {
    throw invalid('Exactly one side must be in a guest', 'Write NAME:PATH for the side in the guest.');
  }
  return { instance: first.instance, isIn: false, sources: from.map((guest) => guest?.path ?? ''), target };
}

async function copyAll(session: Session, files: Files, copy: Copy, how: CopyOptions): Promise<CopyReport[]> {
  const { isIn, target } = copy;
  const sources = isIn ? copy.sources : await expanded(files, copy.sources, how);
  if (sources.length > 1 && target !== '-') await needDirectory(files, copy, how);
  using line = new TransferLine(session);
  const reports: CopyReport[] = [];
  for (const source of sources) {
    const onProgress = line.of(source);
    const options = { ...how, ...(onProgress === undefined ? {} : { onProgress }) };
    if (isIn)
      reports.push(await files.copyIn(source === '-' ? session.streams.stdin : source, target, options));
    else if (target !== '-') reports.push(await files.copyOut(source, target, options));
    else reports.push(await files.copyOut(source, session.streams.stdout, { ...options, keepsOpen: true }));
  }
  return reports;
}

/** Several files go into a directory only. */
async function needDirectory(files: Files, { isIn, target }: Copy, how: CopyOptions): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const isDirectory = isIn
    ? (await files.exists(target, how)) &&
      (await files.stat(target, { ...how, follow: true })).kind === 'directory'
    : await stat(target).then(
        (found) => found.isDirectory(),
        () => false,
      );
  if (!isDirectory)
    throw invalid(`${target} is no directory, and several files are to go there`, 'Make it first.');
}

/** Patterns of the guest, expanded there; one that stands for nothing is left as it is, and not found. */
export async function expanded(
  files: Files,
  paths: readonly string[],
  { user, signal }: Pick<CopyOptions, 'user' | 'signal'>,
): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths) {
    const found = isPattern(path) ? await files.glob(path, { user, signal }) : [];
    all.push(...(found.length === 0 ? [path] : found));
  }
  return all;
}

async function tell(session: Session, copy: Copy, reports: readonly CopyReport[]): Promise<void> {
  if (session.options.output === 'table' || copy.target === '-') return;
  const data = reports.map(({ target, bytes, entries, seconds, via, verified, resumedAt }) => {
    return {
      target,
      bytes,
      entries,
      seconds: Number(seconds.toFixed(3)),
      via,
      verified,
      resumed_at: resumedAt,
    };
  });
  await session.print({ data, text: () => '' });
}
