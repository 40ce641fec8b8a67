// `true` in fifty guests at once: real qemu-ga programs on unix sockets, asked through the library's agents, beside the
// same calls one after the other, and beside fifty clients that can do nothing but start and ask.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, socketOpener } from '../../src/guest/index.ts';
import { AgentProgram } from '../fakes/agent-program.ts';
import { type Bench, compared, type Measurement, median, percentile, timed } from './measure.ts';

const GUESTS = 50;
const ROUNDS = 30;
const STARTS_AT_ONCE = 8;
const POLL_MS = 10;

/** Runs `true` in one guest to its end, with its output collected. */
type Call = () => Promise<void>;

/** Milliseconds: of each round as a whole, and of every call in it. */
interface Times {
  readonly rounds: number[];
  readonly calls: number[];
}

export const run: Bench = async () => {
  await using world = new AsyncDisposableStack();
  // One client an agent, so each way has agents of its own; those that nobody asks take no time.
  const [forOurs, forPlain] = [await startAgents(world), await startAgents(world)];
  const ours = forOurs.map((path, at) => callByLibrary(world, path, `the agent of t${at}`));
  const plain = await Promise.all(forPlain.map((path) => callByPlainClient(world, path)));
  for (const call of [...ours, ...plain]) await call(); // connects, and learns what each can do
  const oursAtOnce: Times = { rounds: [], calls: [] };
  const oursInTurn: Times = { rounds: [], calls: [] };
  const plainAtOnce: Times = { rounds: [], calls: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await measureAtOnce(ours, oursAtOnce);
    await measureInTurn(ours, oursInTurn);
    await measureAtOnce(plain, plainAtOnce);
  }
  const name = `exec true in ${GUESTS} guests at once`;
  return [
    ...rows(`${name}, against one after the other`, oursAtOnce, oursInTurn),
    ...rows(`${name}, against ${GUESTS} plain clients at once`, oursAtOnce, plainAtOnce),
  ];
};

function rows(name: string, ours: Times, baseline: Times): Measurement[] {
  const row = (what: string, of: (times: Times) => number) =>
    compared(`${name}: ${what}`, { unit: 'ms', ours: of(ours), baseline: of(baseline), goal: null });
  return [
    row('until all have ended, p50', ({ rounds }) => median(rounds)),
    row('each call, p50', ({ calls }) => median(calls)),
    row('each call, p95', ({ calls }) => percentile(calls, 0.95)),
  ];
}

async function measureAtOnce(calls: readonly Call[], into: Times): Promise<void> {
  const each = async (call: Call) => into.calls.push(await timed(call));
  into.rounds.push(await timed(() => Promise.all(calls.map(each))));
}

async function measureInTurn(calls: readonly Call[], into: Times): Promise<void> {
  into.rounds.push(
    await timed(async () => {
      for (const call of calls) into.calls.push(await timed(call));
    }),
  );
}

async function startAgents(world: AsyncDisposableStack): Promise<string[]> {
  const paths: string[] = [];
  while (paths.length < GUESTS) {
    const count = Math.min(STARTS_AT_ONCE, GUESTS - paths.length);
    const started = await Promise.all(Array.from({ length: count }, () => AgentProgram.start()));
    for (const program of started) paths.push(world.use(program).path);
  }
  return paths;
}

function callByLibrary(world: AsyncDisposableStack, path: string, peer: string): Call {
  const agent = world.use(new Agent({ peer, open: socketOpener(path, { peer }) }));
  return async () => demandZero((await agent.exec(['/bin/true'])).exitCode);
}

/** A socket that is open, guest-exec, and guest-exec-status every few milliseconds; no checks, and no faults. */
async function callByPlainClient(world: AsyncDisposableStack, path: string): Promise<Call> {
  const socket = connect({ path });
  world.defer(() => void socket.destroy());
  await once(socket, 'connect');
  const replies = createInterface({ input: socket });
  return async () => {
    const command = { path: '/bin/true', 'capture-output': true };
    const { pid } = await asked<{ pid: number }>(socket, replies, 'guest-exec', command);
    for (;;) {
      await pause(POLL_MS);
      const status = await asked<Status>(socket, replies, 'guest-exec-status', { pid });
      if (status.exited) return demandZero(status.exitcode);
    }
  };
}

interface Status {
  readonly exited: boolean;
  readonly exitcode?: number;
}

async function asked<T>(socket: Socket, replies: Interface, execute: string, args: object): Promise<T> {
  const line = once(replies, 'line');
  socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
  return (JSON.parse(String((await line)[0])) as { return: T }).return;
}

function demandZero(exitCode: number | null | undefined): void {
  if (exitCode !== 0) throw new Error(`true ended with ${exitCode}`);
}
