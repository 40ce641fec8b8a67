// novalet ssh-gateway
import type { Define } from '../registry.ts';
import { serveServices } from '../serve-services.ts';

export const sshGateway: Define = (command, session) => {
  command.action(async () => {
    await serveServices(session, ['ssh']);
  });
};
