// novalet template list
import type { Define } from '../../registry.ts';
import { templatesDocument } from './document.ts';

export const listTemplates: Define = (command, session) => {
  command.action(async () => {
    const views = await session.query((compute) => compute.templates.list());
    await session.print(templatesDocument(views));
  });
};
