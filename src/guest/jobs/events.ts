// What a job's events say: appended lines of the job program, read as they come.
// Knows text; knows no agent.
import { constants } from 'node:os';
import { Fault } from '../../base/index.ts';
import { shortened } from '../../qapi/index.ts';
import type { ProcessEnd, SignalName } from '../road.ts';

export type OutputName = 'o' | 'e';

export type JobEvent =
  | { readonly kind: 'pid'; readonly pid: number; readonly terminal: string | undefined }
  /** A piece of the output is complete. */
  | {
      readonly kind: 'piece';
      readonly output: OutputName;
      readonly piece: number;
      readonly bytes: number;
      /** `end`: the stream's; `cut`: the rest is dropped. */
      readonly then: 'more' | 'end' | 'cut';
    }
  | { readonly kind: 'full'; readonly output: OutputName }
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'stdin-closed' }
  | { readonly kind: 'ended'; readonly end: ProcessEnd }
  | { readonly kind: 'done' };

const LONGEST_LINE = 200;
const SIGNALS: ReadonlyMap<number, SignalName> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, `SIG${name.slice(3)}`]),
);

/** Cuts what was read into lines and gives their meaning. Throws `JOB_EVENTS_INVALID`. */
export class EventReader {
  #rest = '';

  read(bytes: Uint8Array): JobEvent[] {
    const lines = (this.#rest + Buffer.from(bytes).toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) throw invalid(this.#rest);
    return lines.map(readEvent);
  }
}

function readEvent(line: string): JobEvent {
  const [word, ...values] = line.split(' ');
  switch (word) {
    case 'pid':
      return readPid(line);
    case 'o':
    case 'e':
      return readOutput(word, line);
    case 'i': {
      if (values[0] === 'closed') return { kind: 'stdin-closed' };
      return { kind: 'taken', bytes: count(values[0], line) };
    }
    case 'exit':
      return { kind: 'ended', end: { exitCode: count(values[0], line, 255), signal: null } };
    case 'signal': {
      const number = count(values[0], line, 127);
      return { kind: 'ended', end: { exitCode: null, signal: SIGNALS.get(number) ?? `SIG${number}` } };
    }
    case 'done':
      return { kind: 'done' };
    default:
      throw invalid(line);
  }
}

function readPid(line: string): JobEvent {
  const found = /^pid (\d{1,10}) \d{1,20} \d{1,10}(?: (\/dev\/[a-z0-9/]{1,50}))?$/.exec(line);
  if (found === null) throw invalid(line);
  return { kind: 'pid', pid: Number(found[1]), terminal: found[2] };
}

function readOutput(output: OutputName, line: string): JobEvent {
  if (line === `${output} full`) return { kind: 'full', output };
  const found = /^[oe] (\d{1,12}) (\d{1,12})(?: (end|cut))?$/.exec(line);
  if (found === null) throw invalid(line);
  const then = found[3] === 'end' || found[3] === 'cut' ? found[3] : 'more';
  return { kind: 'piece', output, piece: Number(found[1]), bytes: Number(found[2]), then };
}

function count(text: string | undefined, line: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value < 0 || value > most) throw invalid(line);
  return value;
}

function invalid(line: string): Fault {
  return new Fault(
    'corrupt',
    'JOB_EVENTS_INVALID',
    `The guest's record of a job is not one: ${shortened(line)}`,
    {
      hint: 'Somebody in the guest changes files of root in /run/novalet.',
    },
  );
}
