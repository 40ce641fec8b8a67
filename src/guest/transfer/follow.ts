// The end of a file, and what is added to it, by the guest's own tail.
import { throwIfCancelled } from '../../base/index.ts';
import type { Act, GuestSide } from './guest-side.ts';
import { statusFault } from './script-faults.ts';
import { asBytes, cancelled, watchFor } from './script-runner.ts';
import { TAIL } from './scripts.ts';

export interface TailOptions extends Act {
  /** How many of the last lines; default 10. */
  readonly lines?: number | undefined;
  /** How many of the last bytes, instead of lines. */
  readonly bytes?: number | undefined;
  /** Goes on with what is added, also when the file is cut, replaced or made anew under its name. */
  readonly follow?: boolean | undefined;
}

export async function* tailOf(
  side: GuestSide,
  path: string,
  options: TailOptions,
): AsyncGenerator<Buffer, void> {
  const { user, signal, lines = 10, bytes, follow = false } = options;
  throwIfCancelled(signal, `lines of ${path}`);
  const whole = await side.absolute(path, options);
  const words = [whole, bytes === undefined ? '-n' : '-c', String(bytes ?? lines), follow ? '-F' : ''];
  const call = { script: TAIL, arguments: words, act: 'read', path: whole, user, signal };
  await using process = await side.runner.start(call);
  const ended = side.runner.end(process);
  ended.catch(() => undefined); // a road that breaks ends the stream with an error too
  const watch = watchFor(process, signal);
  try {
    for await (const piece of process.stdout) yield asBytes(piece);
    const { exitCode, status, complaint } = await ended;
    if (exitCode !== 0) throw statusFault(exitCode, { ...call, status, complaint });
  } catch (error) {
    throw signal?.aborted ? cancelled(signal) : error;
  } finally {
    watch.stop();
  }
}
