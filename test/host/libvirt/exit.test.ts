// How processes end: with calls in flight, with connections open, in worker threads; never with a crash, never late.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SocketProxy } from './socket-proxy.ts';

const run = promisify(execFile);
const BINDING = new URL('../../../src/libvirt/index.ts', import.meta.url).href;
const LIMIT_MS = 60_000;

/** Runs a program in a process of its own; fails unless it ends with 0 in time. Gives what it printed. */
async function ends(body: string, uri = 'test:///default'): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program(body, uri)], {
    timeout: LIMIT_MS,
  });
  return stdout;
}

function program(body: string, uri: string): string {
  return `import { Worker } from 'node:worker_threads';
    import { openConnection } from ${JSON.stringify(BINDING)};
    const uri = ${JSON.stringify(uri)};
    ${body}`;
}

test('importing the binding loads no libvirt', async () => {
  const maps = await ends(
    "process.stdout.write((await import('node:fs')).readFileSync('/proc/self/maps', 'utf8'))",
  );
  assert.doesNotMatch(maps, /libvirt\.so/);
});

test('an open connection does not keep the process', async () => {
  await ends('await (await openConnection(uri)).listDomains();');
  await ends('await (await openConnection(uri)).listDomains();', 'qemu:///system');
});

test('a call keeps the process until it is answered', async () => {
  const printed = await ends(`const connection = await openConnection(uri);
    connection.capabilities().then((text) => process.stdout.write(String(text.includes('<capabilities>'))));`);
  assert.equal(printed, 'true');
});

test('a subscription keeps the process until it is disposed of', async () => {
  const printed = await ends(`const connection = await openConnection(uri);
    const events = await connection.subscribe();
    setTimeout(async () => {
      const domain = await connection.domainByName('test');
      await domain.suspend();
      process.stdout.write((await events.next()).value.event);
      await events[Symbol.asyncDispose]();
    }, 50);`);
  assert.equal(printed, 'suspended');
});

test('process.exit with calls in flight is no crash', async () => {
  for (let round = 0; round < 10; round++) {
    await ends(`const connection = await openConnection(uri);
      await connection.subscribe();
      for (let i = 0; i < 200; i++) connection.capabilities().catch(() => {});
      setImmediate(() => process.exit(0));`);
  }
});

test('process.exit while libvirtd hangs is no crash and does not wait', async () => {
  await using proxy = await SocketProxy.open();
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      program(
        `const connection = await openConnection(uri);
        await connection.subscribe();
        process.send('open');
        process.once('message', () => {
          for (let i = 0; i < 20; i++) connection.capabilities().catch(() => {});
        });
        process.on('message', (what) => { if (what === 'exit') process.exit(0); });`,
        proxy.uri,
      ),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], timeout: LIMIT_MS },
  );
  await once(child, 'message');
  proxy.block();
  child.send('call');
  await proxy.held.promise;
  child.send('exit');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('process.exit with streams open is no crash, and a read keeps the process until then', async () => {
  for (let round = 0; round < 5; round++) {
    const printed = await ends(`const connection = await openConnection(uri);
      const domain = await connection.domainByName('test');
      const pictures = await Promise.all([domain.screenshot(), domain.screenshot()]);
      domain.screenshot().catch(() => {});
      let size = 0;
      for await (const bytes of pictures[0].stream) size += bytes.length;
      process.stdout.write(String(size > 10000));
      if (${round} % 2 === 0) process.exit(0);`);
    assert.equal(printed, 'true');
  }
});

test('a worker thread may end with calls in flight, and others go on', async () => {
  const printed = await ends(`
    const source = \`import { openConnection } from ${JSON.stringify(BINDING)};
      import { parentPort } from 'node:worker_threads';
      const connection = await openConnection('test:///default');
      await connection.subscribe();
      for (let i = 0; i < 100; i++) connection.capabilities().catch(() => {});
      parentPort.postMessage('busy');\`;
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)));
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
    await using connection = await openConnection(uri);
    process.stdout.write((await connection.domainByName('test')).name);`);
  assert.equal(printed, 'test');
});

test('forgotten connections and domains take their threads and handles with them', async () => {
  const printed = await ends(`import { readdirSync } from 'node:fs';
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const threads = () => readdirSync('/proc/self/task').length;
    const use = async () => {
      const connection = await openConnection(uri);
      await Promise.all(Array.from({ length: 8 }, () => connection.domainByName('test')));
    };
    await use();
    const before = threads();
    for (let i = 0; i < 20; i++) await use();
    while (threads() > before) { // whoever started this process bounds it
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    process.stdout.write('gone');`);
  assert.equal(printed, 'gone');
});

test('a missing addon is told with the command that builds it', async () => {
  const { loadAddon } = await import('../../../src/libvirt/index.ts');
  assert.throws(() => loadAddon('/nonexistent/novalet.node'), {
    code: 'ADDON_MISSING',
    hint: /make -C native/,
  });
  assert.throws(() => loadAddon(fileURLToPath(import.meta.url.replace('exit.test.ts', '../../../LICENSE'))), {
    code: 'ADDON_UNLOADABLE',
  });
});
