// novalet template show TEMPLATE
import { TEMPLATE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { templateDocument } from './document.ts';

export const showTemplate: Define = (command, session) => {
  command.argument('<template>', TEMPLATE).action(async (ref: string) => {
    const view = await session.query((compute) => compute.templates.show(ref));
    await session.print(templateDocument(view));
  });
};
