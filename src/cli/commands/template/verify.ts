// novalet template verify TEMPLATE
import { EXIT_PROBLEM_FOUND } from '../../exit-codes.ts';
import { TEMPLATE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { verifiedDocument } from './document.ts';

export const verifyTemplate: Define = (command, session) => {
  command.argument('<template>', TEMPLATE).action(async (ref: string) => {
    const verified = await session.act((compute, act) => compute.templates.verify(ref, act));
    await session.print(verifiedDocument(verified));
    if (verified.damaged.size > 0) session.exitCode = EXIT_PROBLEM_FOUND;
  });
};
