// novalet export INSTANCE FILE
import { Fault, formatBytes } from '../../base/index.ts';
import type { Exported } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { formatPairs } from '../table.ts';

export const exportInstance: Define = (command, session) => {
  command
    .description(
      'Write disks, record and guest input of an instance as one file, which novalet import takes. It holds secrets: user data, hashes of passwords, the disks.',
    )
    .argument('<instance>', INSTANCE)
    .argument('<file>', 'file to make (mode 0600), or - for stdout')
    .option('--compress', 'compress the disks: smaller, and slower by far')
    .action(async (ref: string, file: string, { compress }: { readonly compress?: boolean }) => {
      const isStdout = file === '-';
      if (isStdout && session.streams.stdout.isTTY === true) throw terminal();
      const to = isStdout ? (piece: Uint8Array) => session.write(piece) : file;
      const done = await session.act((compute, options) =>
        compute.exportInstance(ref, { to, ...defined({ compress }) }, options),
      );
      for (const what of done.leftOut) await session.note(`Not in the export: ${what}`);
      if (!isStdout)
        await session.print({ data: record(file, done), text: () => formatPairs(rows(file, done)) });
    });
};

function record(file: string, { bytes, consistency, members, leftOut }: Exported): object {
  return { file, bytes, consistency, members, left_out: leftOut };
}

function rows(
  file: string,
  { bytes, consistency, members }: Exported,
): readonly (readonly [string, string])[] {
  return [
    ['file', file],
    ['size', formatBytes(bytes)],
    ['consistency', consistency],
    ['members', members.map((member) => `${member.name} (${formatBytes(member.bytes)})`).join('\n')],
  ];
}

function terminal(): Fault {
  return new Fault('invalid', 'OUTPUT_IS_TERMINAL', 'An export is no text for a terminal', {
    hint: 'Give a file, or send stdout to one or to a program.',
  });
}
