// The main program of the reaper: waits until the process that started it is gone, and removes what belonged to it.
// What it is told, and why: reaper-process.ts. While it waits it has nothing of novalet loaded: it stands by for as long as tests run.
import { appendFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { inspect, parseArgs } from 'node:util';

/** How long a process may take from closing its files to its end. A thread of one that goes on closes them, too. */
const END_MS = 10_000;
const LOOK_MS = 20;

const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: '' },
    log: { type: 'string', default: '' },
    connect: { type: 'string' },
    config: { type: 'string' },
    subject: { type: 'string' },
  },
});

async function untilEnded(): Promise<void> {
  const { hasEnded } = await import('../store/index.ts');
  const { delay } = await import('../base/index.ts');
  const { ownTestOwner, readOwnerTag } = await import('./owner.ts');
  const owner = readOwnerTag(values.tag);
  if (owner === undefined) throw new TypeError(`"${values.tag}" names no process`);
  const self = ownTestOwner();
  const deadline = performance.now() + END_MS;
  while (!hasEnded(owner, self) && performance.now() < deadline) await delay(LOOK_MS);
}

async function reap(): Promise<void> {
  await untilEnded(); // until then its work counts as going on, and nobody may take it back
  const { connect } = await import('../app/index.ts');
  const { removeTagged } = await import('./removal.ts');
  const { connect: uri, config: configFile, subject } = values;
  await using host = await connect({ connect: uri, configFile, subject, origin: 'test-reaper' });
  await removeTagged(host.compute, values.tag);
}

try {
  if ((await text(process.stdin)) === '') await reap(); // who dismisses it says so before the pipe ends
} catch (error) {
  const { makeDirectory } = await import('../hostlink/index.ts');
  await makeDirectory(dirname(values.log), 0o777);
  await appendFile(values.log, `${new Date().toISOString()} ${values.tag}: ${inspect(error)}\n`);
  process.exitCode = 1;
}
