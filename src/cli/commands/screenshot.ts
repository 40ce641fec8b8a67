// novalet screenshot INSTANCE FILE
import { open } from 'node:fs/promises';
import { errnoCode } from '../../base/index.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { invalid } from '../values.ts';

interface ScreenshotOptions {
  readonly force?: boolean;
}

export const screenshot: Define = (command, session) => {
  command
    .description("Write what the guest's screen shows as PNG.")
    .argument('<instance>', INSTANCE)
    .argument('<file>', 'where to; - writes to stdout')
    .option('--force', 'write over a file that is there')
    .action(async (ref: string, file: string, { force }: ScreenshotOptions) => {
      if (file === '-' && session.streams.stdout.isTTY === true)
        throw invalid('A picture is nothing for a terminal', 'Name a file, or send stdout to one.');
      const picture = await session.act((compute, options) => compute.consoles.screenshot(ref, options), {
        progress: false,
      });
      if (file === '-') await session.write(picture);
      else await writeNew(file, picture, force === true);
    });
};

async function writeNew(file: string, bytes: Buffer, force: boolean): Promise<void> {
  try {
    await using handle = await open(file, force ? 'w' : 'wx');
    await handle.writeFile(bytes);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST')
      throw invalid(`${file} is there already`, 'Name another file, or give --force.');
    if (errnoCode(error) === undefined) throw error;
    throw invalid(
      `${file} cannot be written: ${errnoCode(error)}`,
      'Name a file in a directory that you may write to.',
    );
  }
}
