// novalet disk insert INSTANCE TARGET
import type { Medium } from '../../../compute/index.ts';
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { invalid } from '../../values.ts';
import { diskDocument } from './record.ts';
import { FORCE } from './words.ts';

interface InsertOptions {
  readonly image?: string;
  readonly file?: string;
  readonly original?: boolean;
  readonly force?: boolean;
}

export const insertMedium: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<target>', 'the drive: sda, hdc …')
    .option('--image <image>', 'a copy of a stored image of format iso')
    .option('--file <file>', 'an ISO file of this host')
    .option('--original', 'what the drive had at the launch')
    .option('--force', FORCE)
    .action(async (ref: string, target: string, options: InsertOptions) => {
      const medium = mediumOf(options);
      const { force } = options;
      const view = await session.act((compute, act) =>
        compute.disks.insert(ref, target, medium, { ...act, ...defined({ force }) }),
      );
      await session.print(diskDocument(view));
    });
};

function mediumOf({ image, file, original }: InsertOptions): Medium {
  const media: Medium[] = [];
  if (image !== undefined) media.push({ kind: 'image', image });
  if (file !== undefined) media.push({ kind: 'file', path: file });
  if (original === true) media.push({ kind: 'original' });
  const [medium, ...others] = media;
  if (medium !== undefined && others.length === 0) return medium;
  throw invalid('One of --image, --file and --original is needed', 'For example --image installer');
}
