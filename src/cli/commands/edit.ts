// novalet edit NAME:PATH
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../../base/index.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { viaOption } from '../via-option.ts';
import { guestOperand } from './guest-operand.ts';
import { type ViaOption, withFiles } from './with-files.ts';

export const edit: Define = (command, session) => {
  command
    .description(
      'Edit a file of a guest with $VISUAL, $EDITOR or vi, on a private copy. Written back only if you changed it and nobody else did.',
    )
    .argument('<name:path>', 'file in the guest')
    .option('--user <user>', 'whom it is read and written as (default: root)')
    .addOption(viaOption())
    .action(async (operand: string, options: { readonly user?: string } & ViaOption) => {
      const { user } = options;
      const { instance, path } = guestOperand(operand);
      const isWritten = await withFiles(session, { instance, how: options }, async (files, { signal }) => {
        const folder = await mkdtemp(join(tmpdir(), 'novalet-edit-'));
        const copy = join(folder, basename(path).toWellFormed());
        let before: Buffer | undefined;
        try {
          const isWritten = await files.update(
            path,
            async (content) => {
              await writeFile(copy, content, { mode: 0o600, flag: 'wx' });
              before = content;
              await runEditor(copy);
              return await readFile(copy);
            },
            { user, signal },
          );
          await rm(folder, { recursive: true });
          return isWritten;
        } catch (error) {
          if (before !== undefined && (await holdsWork(copy, before))) {
            await session.warn(`your text is kept in ${copy}`);
          } else await rm(folder, { recursive: true });
          throw error;
        }
      });
      await tell(session, path, isWritten);
    });
};

/** Whether something was changed, or an editor that ended badly left what it can be recovered from. */
async function holdsWork(copy: string, before: Buffer): Promise<boolean> {
  const names = await readdir(dirname(copy));
  if (names.some((name) => name !== basename(copy))) return true;
  return names.length > 0 && !before.equals(await readFile(copy));
}

/** The editor's words are split at blanks; there is no shell. */
async function runEditor(file: string): Promise<void> {
  const words = (process.env['VISUAL'] || process.env['EDITOR'] || 'vi')
    .split(/\s+/)
    .filter((word) => word !== '');
  const [program = 'vi', ...options] = words;
  const child = spawn(program, [...options, file], { stdio: 'inherit' });
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    throw new Fault('not-found', 'EDITOR_NOT_FOUND', `The editor ${program} cannot be started`, {
      cause: error,
      hint: 'Set VISUAL or EDITOR to one that is installed.',
    });
  });
  const [exitCode, signal]: unknown[] = await Promise.race([once(child, 'close'), failed]);
  if (exitCode === 0) return;
  const how = exitCode === null ? `was ended by ${String(signal)}` : `ended with ${String(exitCode)}`;
  throw new Fault('refused', 'EDITOR_FAILED', `${program} ${how}; nothing was written`, {
    hint: 'Edit again once it works; what it left behind of your text is named above, if there is any.',
  });
}

async function tell(session: Session, path: string, isWritten: boolean): Promise<void> {
  if (session.options.output !== 'table')
    await session.print({ data: { path, written: isWritten }, text: () => '' });
  else await session.note(isWritten ? `Wrote ${path}` : `${path} is unchanged`);
}
