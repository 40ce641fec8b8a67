// novalet delete INSTANCE…, and delete -f FILE

import { carryOut } from '../carry-out.ts';
import { actOnEach } from '../each.ts';
import { addManifestOption, readManifests } from '../manifest-files.ts';
import { INSTANCES } from '../operands.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { stepsDocument } from '../steps-document.ts';
import { invalid } from '../values.ts';

interface Options {
  readonly file?: readonly string[];
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

export const deleteInstances: Define = (command, session) => {
  command
    .description(
      'Remove instances, running or not, with their disks, ports and records. Does not ask. Of an adopted one the domain is undefined, and its files stay.',
    )
    .argument('[instance...]', INSTANCES);
  addManifestOption(
    command,
    'take back what novalet apply -f made; - reads stdin; may be given several times',
  );
  command
    .option('--all', 'with -f: also the images and flavors of the file')
    .option('--dry-run', 'with -f: print what would be removed; remove nothing')
    .action(async (refs: readonly string[], options: Options) => {
      const { file = [], all, dryRun } = options;
      if (file.length === 0 && (all ?? dryRun) !== undefined)
        throw invalid(
          `${all === true ? '--all' : '--dry-run'} belongs to -f`,
          'Give a file too, or leave it out.',
        );
      if (file.length > 0 && refs.length > 0)
        throw invalid('Both instances and a file are given', 'Give one or the other.');
      if (file.length > 0) await takeBack(session, file, options);
      else if (refs.length > 0) await deleteEach(session, refs);
      else
        throw invalid(
          'An instance is missing, or a file',
          'For example: novalet delete web, or novalet delete -f vms.yaml',
        );
    });
};

async function takeBack(
  session: Session,
  files: readonly string[],
  { all = false, dryRun }: Options,
): Promise<void> {
  const manifest = await readManifests(session, files);
  if (dryRun === true) {
    const steps = await session.query((compute) => compute.manifests.compareRemoval(manifest, { all }));
    await session.print(stepsDocument(steps));
    return;
  }
  await carryOut(session, (compute, options) => compute.manifests.remove(manifest, { ...options, all }));
}

async function deleteEach(session: Session, refs: readonly string[]): Promise<void> {
  const left: string[] = [];
  await actOnEach(session, refs, 'Deleted', async (compute, ref, options) => {
    const { instance } = await compute.show(ref);
    const { leftFiles } = await compute.delete(instance.id, options);
    const { id, name, adoption } = instance;
    if (leftFiles.length > 0) left.push(`${name} was adopted, and its files stay: ${leftFiles.join(', ')}`);
    return { id, name, status: 'DELETED', ...(adoption === null ? {} : { left_files: leftFiles }) };
  });
  for (const note of left) await session.note(note);
}
