// novalet image create INSTANCE
import { Option } from 'commander';
import type { CreatedImage, Quiesce } from '../../../compute/index.ts';
import { defined } from '../../defined.ts';
import { imageDocument } from '../../documents.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { collectPairs, parseSeconds, wholeNumber } from '../../values.ts';

interface CreateOptions {
  readonly name?: string;
  readonly compress?: boolean;
  /** False for --no-quiesce. */
  readonly quiesce?: boolean;
  readonly freezeDeadline?: number;
  readonly rotate?: number;
  readonly type?: string;
  readonly property?: Record<string, string>;
}

const TYPE = 'daily';

export const createImage: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .option('--name <name>', "name of the image (default: the instance's and the time)")
    .option('--compress', 'pack the image: smaller, and slower to make')
    .option(
      '--quiesce',
      "freeze the guest's filesystems meanwhile, or make nothing (default: freeze them where it can)",
    )
    .option('--no-quiesce', 'do not freeze them: the image is as a disk after a power cut')
    .addOption(
      new Option(
        '--freeze-deadline <seconds>',
        'after so long the guest thaws by itself (default: 60)',
      ).argParser(parseSeconds),
    )
    .addOption(
      new Option(
        '--rotate <count>',
        'keep so many images of this instance and type, and remove older ones',
      ).argParser(wholeNumber('--rotate', 1)),
    )
    .option('--type <word>', `what --rotate counts apart: daily, weekly … (default: ${TYPE})`)
    .option(
      '--property <key=value>',
      'image property; may be given several times',
      collectPairs('--property'),
    )
    .action(async (ref: string, options: CreateOptions) => {
      const {
        name,
        compress,
        freezeDeadline: freezeDeadlineMs,
        rotate: keep,
        type,
        property: properties,
      } = options;
      const rotate = keep === undefined ? undefined : { type: type ?? TYPE, keep };
      const quiesce = quiesceOf(options.quiesce);
      const request = defined({ name, compress, quiesce, freezeDeadlineMs, properties, rotate });
      const created = await session.act((compute, act) => compute.createImage(ref, request, act));
      await session.note(sentenceOf(created));
      await session.print(imageDocument(created.image));
    });
};

function quiesceOf(wish: boolean | undefined): Quiesce | undefined {
  if (wish === undefined) return undefined;
  return wish ? 'require' : 'never';
}

function sentenceOf({ image, consistency, why, removed }: CreatedImage): string {
  const gone = removed.length === 0 ? '' : `; removed ${removed.join(', ')}`;
  return `Image ${image.name} is ${WORDS[consistency]}${why === null ? '' : ` (${why})`}${gone}`;
}

const WORDS: Readonly<Record<CreatedImage['consistency'], string>> = {
  filesystem: 'filesystem-consistent: the guest was frozen for a moment',
  crash: 'crash-consistent, as a disk after a power cut',
  off: 'of an instance that was off',
};
