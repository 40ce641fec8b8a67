// The metadata service under 200 guests that ask at once, as they do after the host has started: each over a connection of
// its own, with the requests that cloud-init makes. The service is a process of its own, which has one thread for its work;
// its processor time says what one core can do, however much the clients take beside it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { anInteger, anObject, Fault, Place } from '../../src/base/index.ts';
import { type Bench, limited, median, percentile } from './measure.ts';

const GUESTS = 200;
const ROUNDS = 5;
/** What cloud-init's two datasources ask for. */
const PATHS = [
  '/openstack',
  '/openstack/latest/meta_data.json',
  '/openstack/latest/network_data.json',
  '/openstack/latest/vendor_data.json',
  '/openstack/latest/user_data',
  '/latest/meta-data/',
  '/latest/meta-data/instance-id',
  '/latest/meta-data/block-device-mapping/',
  '/latest/meta-data/public-keys/0/openssh-key',
  '/latest/user-data',
];
const GOAL_P99_MS = 50;
const GOAL_PER_SECOND = 2000;

const listening = anObject({ port: anInteger });
const usage = anObject({ cpuMicros: anInteger });
const place = new Place('message', (path, problem) => new Fault('internal', 'BENCH', `${path} ${problem}`));

/** Times of single requests, all guests asking their next one as soon as the last is answered. */
export const run: Bench = async () => {
  const server = fork(new URL('./metadata-server.ts', import.meta.url), { stdio: 'inherit' });
  const guests: Socket[] = [];
  try {
    const { port } = listening(await messageOf(server), place);
    for (let guest = 0; guest < GUESTS; guest += 1) guests.push(await dial(port));
    await allAsk(guests); // code that was never run is not what guests wait for
    const before = await cpuOf(server);
    const start = performance.now();
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) times.push(...(await allAsk(guests)));
    const seconds = (performance.now() - start) / 1000;
    const cpuSeconds = ((await cpuOf(server)) - before) / 1e6;
    return figures(times, seconds, cpuSeconds);
  } finally {
    for (const guest of guests) guest.destroy();
    server.kill();
  }
};

function figures(
  times: readonly number[],
  seconds: number,
  cpuSeconds: number,
): ReturnType<typeof limited>[] {
  const name = (what: string) => `metadata service, ${what}`;
  const rate = { unit: '/s', ours: times.length / cpuSeconds, goal: GOAL_PER_SECOND };
  return [
    limited(name('200 guests at once, p99'), {
      unit: 'ms',
      ours: percentile(times, 0.99),
      goal: GOAL_P99_MS,
    }),
    limited(name('200 guests at once, median'), { unit: 'ms', ours: median(times), goal: null }),
    { ...limited(name('requests on one core'), rate), atLeast: true },
    limited(name('requests beside their clients'), { unit: '/s', ours: times.length / seconds, goal: null }),
  ];
}

async function allAsk(guests: readonly Socket[]): Promise<readonly number[]> {
  const times = await Promise.all(guests.map(askInTurn));
  return times.flat();
}

async function askInTurn(guest: Socket): Promise<readonly number[]> {
  const times: number[] = [];
  for (const path of PATHS) {
    const start = performance.now();
    await ask(guest, path);
    times.push(performance.now() - start);
  }
  return times;
}

/** As little as a client can do, since it shares the machine with what is measured. */
async function ask(guest: Socket, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = '';
  const onData = (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0 || text.length < end + 4 + lengthOf(text)) return;
    if (text.startsWith('HTTP/1.1 200 ')) resolve();
    else reject(new Error(`${path}: ${text.slice(0, 30)}`));
  };
  guest.on('data', onData);
  guest.once('close', reject);
  guest.write(`GET ${path} HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n`);
  try {
    await promise;
  } finally {
    guest.off('data', onData);
    guest.off('close', reject);
  }
}

function lengthOf(head: string): number {
  const [, length = '0'] = /Content-Length: (\d+)/.exec(head) ?? [];
  return Number(length);
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

async function cpuOf(server: ChildProcess): Promise<number> {
  const answer = messageOf(server);
  server.send('usage');
  return usage(await answer, place).cpuMicros;
}

async function messageOf(server: ChildProcess): Promise<unknown> {
  const [message]: unknown[] = await once(server, 'message');
  return message;
}
