// novalet ssh-gateway
import { runSshGateway } from '../../app/index.ts';
import { defined } from '../defined.ts';
import type { Define } from '../registry.ts';

export const sshGateway: Define = (command, session) => {
  command.action(async () => {
    const { connect, config } = session.options;
    const { signal } = session.interrupt;
    session.interrupt.takesBack = true; // the first signal drains, the second leaves at once
    await runSshGateway({
      ...defined({ connect, configFile: config }),
      signal,
      onListening: async ({ host, port }) => {
        await session.note(`Listening for SSH on ${host} port ${port}`);
      },
    });
  });
};
