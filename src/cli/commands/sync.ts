// novalet sync SOURCE TARGET
import type { SyncPlan, SyncReport } from '../../guest/index.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { viaOption } from '../via-option.ts';
import { meaning } from './cp.ts';
import { asGuest } from './guest-operand.ts';
import { nameLine } from './guest-output.ts';
import { TransferLine } from './transfer-line.ts';
import { type ViaOption, withFiles } from './with-files.ts';

interface SyncCommandOptions extends ViaOption {
  readonly delete?: boolean;
  readonly dryRun?: boolean;
  readonly checksum?: boolean;
  readonly user?: string;
  readonly owner?: string;
  readonly verify: boolean;
}

export const sync: Define = (command, session) => {
  command
    .description(
      'Make a directory like another one, sending only what differs. One of the two is NAME:PATH, in a guest.',
    )
    .argument('<source>', 'directory that is read')
    .argument('<target>', 'directory that becomes like it')
    .option('--delete', 'remove from the target what the source does not have')
    .option('-n, --dry-run', 'only say what would be done')
    .option('--checksum', 'compare contents, not sizes and times')
    .option('--user <user>', 'whom it is done as in the guest (default: root)')
    .option('--owner <owner>', 'whose new files are in the guest')
    .option('--no-verify', 'do not compare digests of what was sent')
    .addOption(viaOption())
    .action(async (source: string, target: string, options: SyncCommandOptions) => {
      const { instance, isIn, sources, target: to } = meaning([source], target);
      const report = await withFiles(session, { instance, how: options }, async (files, { signal }) => {
        using line = new TransferLine(session);
        const how = { ...options, signal, onProgress: line.of(asGuest(source)?.path ?? source) };
        return await files.sync(isIn ? 'in' : 'out', sources[0] ?? '', to, how);
      });
      await tell(session, report, options);
    });
};

async function tell(session: Session, report: SyncReport, options: SyncCommandOptions): Promise<void> {
  const { plan, copy, deleted } = report;
  if (session.options.output !== 'table') {
    const data = {
      changed: plan.changed,
      extra: plan.extra,
      deleted,
      bytes: copy?.bytes ?? 0,
      seconds: Number((copy?.seconds ?? 0).toFixed(3)),
      via: copy?.via ?? null,
      verified: copy?.verified ?? false,
      dry_run: options.dryRun === true,
    };
    await session.print({ data, text: () => '' });
    return;
  }
  if (options.dryRun === true) await list(session, plan, options.delete === true);
}

async function list(session: Session, plan: SyncPlan, deletes: boolean): Promise<void> {
  for (const name of plan.changed) await session.write(nameLine(session, 'send    ', name));
  for (const name of deletes ? plan.extra : []) await session.write(nameLine(session, 'delete  ', name));
}
