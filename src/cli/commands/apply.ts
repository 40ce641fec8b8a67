// novalet apply -f FILE
import { carryOut } from '../carry-out.ts';
import { defined } from '../defined.ts';
import { EXIT_PROBLEM_FOUND } from '../exit-codes.ts';
import { addManifestOption, readManifests } from '../manifest-files.ts';
import type { Define } from '../registry.ts';
import { stepsDocument } from '../steps-document.ts';
import { invalid } from '../values.ts';

interface Options {
  readonly file?: readonly string[];
  readonly dryRun?: boolean;
  readonly exitCode?: boolean;
  readonly allowRestart?: boolean;
  readonly allowReplace?: boolean;
}

export const apply: Define = (command, session) => {
  command.description(
    'Make what a file describes and is not there, and change what differs. What is as described is left alone, so that it may be given again at any time.',
  );
  addManifestOption(command, 'YAML or JSON; - reads stdin; may be given several times');
  command
    .option('--dry-run', 'print what differs; change nothing')
    .option('--exit-code', 'with --dry-run: exit with 1 when something differs')
    .option('--allow-restart', 'guests may be restarted for it')
    .option('--allow-replace', 'what is on root disks may be lost for it')
    .action(async ({ file = [], dryRun, exitCode, allowRestart, allowReplace }: Options) => {
      if (file.length === 0) throw invalid('A file is missing', 'For example: novalet apply -f vms.yaml');
      if (exitCode === true && dryRun !== true)
        throw invalid('--exit-code says what --dry-run found', 'Give --dry-run too, or leave it out.');
      const manifest = await readManifests(session, file);
      if (dryRun !== true) {
        const allowed = defined({ allowRestart, allowReplace });
        await carryOut(session, (compute, options) =>
          compute.manifests.apply(manifest, { ...options, ...allowed }),
        );
        return;
      }
      const steps = await session.query((compute) => compute.manifests.compare(manifest));
      await session.print(stepsDocument(steps));
      const differs = steps.some(({ action, problem }) => action !== 'none' || problem !== null);
      if (exitCode === true && differs) session.exitCode = EXIT_PROBLEM_FOUND;
    });
};
