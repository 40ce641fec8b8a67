// Runs services in the foreground, and says where each of them listens.
import type { ServiceName } from '../app/index.ts';
import { defined } from './defined.ts';
import type { Session } from './session.ts';

/** Until a signal: the first one drains, the second leaves at once. */
export async function serveServices(session: Session, services: readonly ServiceName[]): Promise<void> {
  const { runServices } = await import('../app/index.ts');
  const { connect, config } = session.options;
  session.interrupt.takesBack = true;
  await runServices({
    ...defined({ connect, configFile: config }),
    services,
    signal: session.interrupt.signal,
    say: async (sentence) => await session.note(sentence),
  });
}
