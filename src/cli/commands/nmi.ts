// novalet nmi INSTANCE
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

export const nmi: Define = (command, session) => {
  command
    .description(
      "Send the guest an interrupt that cannot be masked: its kernel dumps its memory where that is set up, panics, or notes it. Nova's trigger_crash_dump.",
    )
    .argument('<instance>', INSTANCE)
    .action(async (ref: string) => {
      await session.act((compute) => compute.consoles.nmi(ref), { progress: false });
      await session.note(`${ref} has been interrupted; see novalet console ${ref} --log`);
    });
};
