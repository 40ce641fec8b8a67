// The log: pino on standard error, as JSON lines, when it is asked for by NOVALET_LOG (pino's levels). Silent otherwise:
// a command tells people what matters by itself. pino is loaded only where it is used.
import { Fault } from '../base/index.ts';
import type { Log } from '../compute/index.ts';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'];
/** Names under which a secret could stand in logged facts; censored at any depth that the engine logs. */
const SECRET_PATHS = [
  'password',
  'adminPassword',
  'userData',
  '*.password',
  '*.adminPassword',
  '*.userData',
  'err.args',
];

const SILENT: Log = { debug: ignore, info: ignore, warn: ignore };

/** Throws `LOG_LEVEL_UNKNOWN`. */
export async function openLog(level: string | undefined): Promise<Log> {
  if (level === undefined || level === '' || level === 'silent') return SILENT;
  if (!LEVELS.includes(level)) {
    throw new Fault('invalid', 'LOG_LEVEL_UNKNOWN', `NOVALET_LOG is "${level}", which is no log level`, {
      hint: `Use one of ${LEVELS.join(', ')}, or silent.`,
    });
  }
  const { pino } = await import('pino');
  const redact = { paths: SECRET_PATHS, censor: '[secret]' };
  const logger = pino({ name: 'novalet', level, redact }, pino.destination({ dest: 2, sync: true }));
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
  };
}

function ignore(): void {
  // nobody listens
}
