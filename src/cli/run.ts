// From arguments to an exit status: parses, runs, tells what went wrong. Throws nothing.
import { CommanderError } from 'commander';
import { asFault, errnoCode, type Fault } from '../base/index.ts';
import { EXIT_CODES, EXIT_OK, EXIT_PIPE_CLOSED, execExitCodeOf, exitCodeOf } from './exit-codes.ts';
import { formatFailure } from './failure.ts';
import { Interrupt } from './interrupt.ts';
import { buildProgram, calledCommand, type Program } from './program.ts';
import type { Streams } from './session.ts';

/** Runs one command line on these streams and resolves with the exit status. */
export async function runCommandLine(argv: readonly string[], streams: Streams): Promise<number> {
  using interrupt = new Interrupt(() => {
    streams.stderr.write('novalet: interrupted, taking back what was done; once more leaves at once\n');
  });
  leaveQuietlyWhenNobodyReads(streams, interrupt);
  const called = calledCommand(argv);
  let program: Program | undefined;
  try {
    program = await buildProgram(streams, interrupt, called === undefined ? [] : [called]);
    await program.root.parseAsync(argv, { from: 'user' });
    return program.session.exitCode;
  } catch (error) {
    if (interrupt.isPipeClosed) return EXIT_PIPE_CLOSED;
    if (error instanceof CommanderError) return statusOfHelp(error);
    const fault = asFault(error);
    const exitCode = statusOf(fault, called, interrupt);
    const { output = 'table', debug = false } = program?.session.options ?? {};
    streams.stderr.write(formatFailure(fault, { output, debug, exitCode }));
    return exitCode;
  }
}

/** Help and version end a parse too; help that nobody asked for is a mistake in the usage. */
function statusOfHelp(error: CommanderError): number {
  return error.exitCode === 0 ? EXIT_OK : EXIT_CODES.invalid;
}

function statusOf(fault: Fault, called: string | undefined, interrupt: Interrupt): number {
  if (fault.kind === 'cancelled' && interrupt.exitCode !== undefined) return interrupt.exitCode;
  return called === 'exec' || called === 'shell' ? execExitCodeOf(fault) : exitCodeOf(fault);
}

function leaveQuietlyWhenNobodyReads(streams: Streams, interrupt: Interrupt): void {
  const onError = (error: Error) => {
    if (errnoCode(error) !== 'EPIPE') throw error;
    interrupt.onPipeClosed();
  };
  streams.stdout.on('error', onError);
  streams.stderr.on('error', onError);
}
