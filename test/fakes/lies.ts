// What a hostile or broken agent may send in place of a reply, chosen by a seed.

/** A small generator of numbers that a seed decides (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to less than `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  one<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('nothing to choose from');
    return value;
  }
}

export interface Lie {
  readonly name: string;
  /** What is sent in place of the reply. */
  readonly pieces: () => Iterable<Buffer>;
}

const MIB = 1024 * 1024;
const ESCAPES = '\u001b]0;owned\u0007\u001b[2J\u001b[31m\r\n\u009b6n';
/** A pid that Linux never gives. */
const NOBODYS_PID = 2 ** 31 - 7;

/**
 * The lie for one reply. Those that keep the id are of a kind that cannot be true; a well-formed untruth with the right id
 * would be the agent's own word, and nobody could tell.
 */
export function lieAbout(line: Buffer, dice: Dice): Lie {
  const id = idOf(line);
  const keep = (value: unknown) => [Buffer.from(`${JSON.stringify({ return: value, id })}\n`)];
  const raw = (json: string) => [Buffer.from(`{"return": ${json}, "id": ${id}}\n`)];
  const lies: readonly Lie[] = [
    { name: 'wrong id', pieces: () => [Buffer.from(`{"return": {"pid": 1}, "id": ${id + 1}}\n`), line] },
    { name: 'no id', pieces: () => [Buffer.from('{"return": {"pid": 1}}\n'), line] },
    { name: 'id as a string', pieces: () => [Buffer.from(`{"return": {"pid": 1}, "id": "${id}"}\n`), line] },
    { name: 'wrong type', pieces: () => keep(dice.one([null, 'x', true, [], [[]], 1.5, -1])) },
    {
      name: 'wrong members',
      pieces: () => keep({ pid: dice.one(['1', null, {}, -1, 0, 1.5, [1]]), exited: 1 }),
    },
    { name: 'wrong pid', pieces: () => keep({ pid: NOBODYS_PID }) },
    {
      name: 'huge numbers',
      pieces: () => raw('{"pid": 1e308, "exited": true, "exitcode": 1e99, "count": 1e400}'),
    },
    { name: 'exit of no kind', pieces: () => raw('{"exited": true}') },
    { name: 'not base64', pieces: () => keep({ exited: true, exitcode: 0, 'out-data': '\u001b[0m===' }) },
    { name: 'prototype', pieces: () => raw('{"__proto__": {"pid": 1, "exited": true, "exitcode": 0}}') },
    {
      name: 'truncated',
      pieces: () => [Buffer.concat([line.subarray(0, dice.below(line.length)), Buffer.from('\n')])],
    },
    { name: 'no newline', pieces: () => [line.subarray(0, -1)] },
    { name: 'deep', pieces: () => raw(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) },
    { name: 'open brackets', pieces: () => [Buffer.from(`${'{"a":'.repeat(50_000)}\n`)] },
    { name: 'escapes', pieces: () => [Buffer.from(`${ESCAPES}\n`), line] },
    { name: 'invalid UTF-8', pieces: () => [Buffer.from([0x22, 0xc3, 0x28, 0xf8, 0xc0, 0x80, 0x0a]), line] },
    { name: 'delimiters', pieces: () => [Buffer.from([0xff, 0xff, 0x0a, 0xff]), line] },
    { name: 'events', pieces: () => [Buffer.from('{"event": "SHUTDOWN"}\n'.repeat(500)), line] },
    { name: 'many lines', pieces: () => [Buffer.from('{}\n'.repeat(3000)), line] },
    { name: 'large line', pieces: () => endless(3 * MIB, line) },
    { name: 'endless stream', pieces: () => endless(Number.POSITIVE_INFINITY, line) },
  ];
  return dice.one(dice.fraction() < 0.98 ? lies.slice(0, -1) : lies.slice(-1));
}

const FILLER = Buffer.alloc(256 * 1024, 0x78);

/** A line of so many bytes, and the reply behind it. */
export function* endless(bytes: number, line: Buffer): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += FILLER.length) yield FILLER;
  yield Buffer.from('\n');
  yield line;
}

function idOf(line: Buffer): number {
  const id = /"id": (\d+)/.exec(line.toString('latin1'))?.[1];
  return Number(id ?? 1);
}
