// The process `novalet`: runs the command line once and leaves with its status.
import { runCommandLine } from './run.ts';

process.exit(await runCommandLine(process.argv.slice(2), process));
