// novalet thaw INSTANCE
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

export const thaw: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const { filesystems } = await session.act((compute, options) => compute.guests.thaw(ref, options));
    await session.note(`${filesystems} filesystems of ${ref} were thawed`);
    if (session.options.output !== 'table') {
      await session.print({ data: { instance: ref, filesystems }, text: () => '' });
    }
  });
};
