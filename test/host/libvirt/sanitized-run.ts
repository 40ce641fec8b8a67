// A program for native.test.ts: the addon that argv[2] names, through opening, calls, events and closing, many times.
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
  const settled = Promise.allSettled(calls);
  if (round % 3 === 0) await domain.suspend();
  if (round % 3 === 0) await domain.resume();
  if (round % 2 === 0) await settled;
  if (round % 5 === 0) await events[Symbol.asyncDispose]();
  await connection.close(); // in the odd rounds with calls in flight
  await settled;
}
process.stdout.write('ran\n');
