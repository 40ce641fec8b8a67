// The process `novalet`: runs the command line once and leaves with its status.
import { asFault } from '../base/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { formatFailure } from './failure.ts';
import { runCommandLine } from './run.ts';

// An error that nobody waited for is a defect; what was begun is taken back by the next command.
process.on('uncaughtException', (error) => {
  const exitCode = EXIT_CODES.internal;
  process.stderr.write(formatFailure(asFault(error), { output: 'table', debug: true, exitCode }));
  process.exit(exitCode);
});

process.exit(await runCommandLine(process.argv.slice(2), process));
