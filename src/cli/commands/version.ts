// novalet version
import type { Define } from '../registry.ts';
import { versionText } from '../version-text.ts';

export const version: Define = (command, session) => {
  command.action(async () => {
    const data = { novalet: versionText(), node: process.versions.node };
    await session.print({ data, text: () => `novalet ${data.novalet} (Node ${data.node})\n` });
  });
};
