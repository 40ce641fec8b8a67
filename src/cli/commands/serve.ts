// novalet serve: the services that were asked for, in one process and over one engine.
import type { ServiceName } from '../../app/index.ts';
import { Fault } from '../../base/index.ts';
import type { Define } from '../registry.ts';
import { serveServices } from '../serve-services.ts';

/** Said here too, so that help does not load what serves. */
const SUMMARIES: Readonly<Record<ServiceName, string>> = {
  ssh: 'let SSH clients into guests by name, as novalet ssh-gateway does',
  metadata: 'tell guests at 169.254.169.254 about themselves',
};

const NAMES = Object.keys(SUMMARIES).filter((name): name is ServiceName => name in SUMMARIES);

export const serve: Define = (command, session) => {
  for (const name of NAMES) command.option(`--${name}`, SUMMARIES[name]);
  command
    .description('Run services until SIGINT or SIGTERM. At least one must be named.')
    .action(async (options: Partial<Record<ServiceName, boolean>>) => {
      const services = NAMES.filter((name) => options[name] === true);
      if (services.length === 0) throw nothingToServe();
      await serveServices(session, services);
    });
};

function nothingToServe(): Fault {
  const list = NAMES.map((name) => `--${name} (${SUMMARIES[name]})`);
  return new Fault('invalid', 'USAGE', 'novalet serve wants to know what to serve', {
    hint: `It can serve ${list.join(', ')}.`,
  });
}
