// A program for native.test.ts: the addon that argv[2] names, through opening, calls, streams, events, pipes and closing.
import { open, readFile } from 'node:fs/promises';
import { loadAddon } from '../../../src/libvirt/addon.ts';
import { Connection } from '../../../src/libvirt/connection.ts';

const addon = loadAddon(process.argv[2]);
for (let round = 0; round < 30; round++) {
  const native = new addon.Connection(4, 300);
  await native.open('test:///default', false, 5, 6);
  const connection = new Connection('test:///default', native);
  const events = await connection.subscribe();
  const domain = await connection.domainByName('test');
  const calls = Array.from({ length: 60 }, async (_, n) => {
    if (n % 3 === 0) await connection.listDomains();
    else if (n % 3 === 1) await domain.xml();
    else await connection.domainByName(`nvt-none-${n}`);
  });
  const pictures = Array.from({ length: 3 }, async (_, n) => {
    const { stream } = await domain.screenshot(0, { maxUnread: n === 0 ? 64 : 1_000_000 });
    if (n === 1) stream.abort(); // the others are read, or closed with the connection
    for await (const bytes of stream) if (bytes.length === 0) throw new Error('no bytes');
  });
  const others = [connection.nodeCpuStats(), domain.vcpus(), domain.snapshots.names(), domain.jobs.stats()];
  const figures = [connection.domainStats([domain], ['state']), connection.domainStats('all', ['cpu'])];
  const settled = Promise.allSettled([...calls, ...pictures, ...others, ...figures]);
  if (round % 3 === 0) await domain.suspend();
  if (round % 3 === 0) await domain.resume();
  if (round % 2 === 0) await settled;
  if (round % 5 === 0) await events[Symbol.asyncDispose]();
  await connection.close(); // in the odd rounds with calls in flight
  await settled;
}
if (addon.FilePipe === undefined) throw new Error('the addon has no pipes');
const file = await open(process.execPath);
for (let round = 0; round < 30; round++) {
  const pipe = new addon.FilePipe(file.fd, 0, Buffer.alloc(round * 10_000));
  const reader = await open(pipe.path());
  await reader.read(Buffer.alloc(1000));
  if (round % 3 > 0) pipe.close(); // in every third round the collector's
  if (round % 3 === 2) await reader.readFile();
  await reader.close();
}
const whole = new addon.FilePipe(file.fd, 0, Buffer.from('head'));
if ((await readFile(whole.path())).length !== (await file.stat()).size + 4)
  throw new Error('not the whole file');
whole.close();
await file.close();
process.stdout.write('ran\n');
