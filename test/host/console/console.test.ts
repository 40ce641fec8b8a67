// Console, screen and keyboard of a real guest, by the command line on a real terminal and by the engine.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { Secret } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
const TERMINAL = join(import.meta.dirname, '..', 'support', 'terminal.py');
let world: World;
let compute: Compute;

before(async () => {
  world = await World.make('vnc: { password: true }');
  const image = await world.minimalImage();
  compute = await world.compute();
  await compute.launch({ image, name: 'web' });
  await compute.waitFor('web', { kind: 'agent' });
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

/** A person's terminal with a command in it. */
class Person {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exit: Promise<number | null>;
  #seen = '';

  constructor(...argv: readonly string[]) {
    const novalet = [join(PACKAGE, 'scripts', 'novalet'), '--config', world.configFile];
    this.#child = spawn('python3', [TERMINAL, ...novalet, ...argv], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#exit = once(this.#child, 'exit').then(([status]) => status); // may be over before it is asked for
    this.#child.stdout.on('data', (piece) => {
      this.#seen += String(piece);
    });
  }

  types(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async sees(what: RegExp): Promise<void> {
    while (!what.test(this.#seen)) await once(this.#child.stdout, 'data');
  }

  async ended(): Promise<number | null> {
    return await this.#exit;
  }
}

async function bootId(): Promise<string> {
  const { stdout } = await compute.exec('web', {
    argv: ['cat', '/proc/sys/kernel/random/boot_id'],
    via: 'agent',
  });
  return stdout.toString().trim();
}

test(
  'a person types at the guest, sees what it writes, and leaves with Ctrl-]; the terminal is as it was',
  BOUND,
  async () => {
    const person = new Person('console', 'web');
    await person.sees(/Joined to the console of web; Ctrl-\] leaves it/);
    person.types('\r');
    await person.sees(/[#$] /);
    person.types("echo $((6 * 7))'is it'\r");
    await person.sees(/42is it/);
    person.types('\u0003'); // the guest's, not ours
    person.types('echo still $((40 + 2))\r');
    await person.sees(/still 42/);
    person.types('\u001d');
    assert.equal(await person.ended(), 0);
  },
);

test('one has the console at a time: a second one is told, and takes it by force', BOUND, async () => {
  const first = new Person('console', 'web');
  await first.sees(/Joined to the console/);
  await assert.rejects(compute.consoles.open('web'), { code: 'CONSOLE_BUSY' });
  await using line = await compute.consoles.open('web', { force: true });
  assert.equal(await first.ended(), 9);
  await line.write(Buffer.from('\recho by $((1 + 1)) force\r'));
  let seen = '';
  for await (const bytes of line) {
    seen += bytes.toString('latin1');
    if (seen.includes('by 2 force')) break;
  }
});

test('without a terminal the log is shown, as ever', BOUND, async () => {
  const { status, stdout } = await world.novalet(['console', 'web', '--bytes', '1M']);
  assert.equal(status, 0);
  assert.match(stdout, /Linux version/);
});

test("the screen's picture is a PNG of the size of its mode", BOUND, async () => {
  const file = join(world.stateDir, 'screen.png');
  const made = await world.novalet(['screenshot', 'web', file]);
  assert.equal(made.status, 0, made.stderr);
  const png = readFileSync(file);
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.readUInt32BE(16) >= 640 && png.readUInt32BE(20) >= 400);
  const again = await world.novalet(['screenshot', 'web', file]);
  assert.equal(again.status, 2);
  assert.match(again.stderr, /is there already/);
  const piped = await compute.consoles.screenshot('web');
  assert.equal(piped.subarray(1, 4).toString(), 'PNG');
});

test('keys that are sent are pressed: Ctrl-Alt-Del reboots the guest', BOUND, async () => {
  const before = await bootId();
  const sent = await world.novalet(['send-keys', 'web', 'ctrl-alt-del']);
  assert.equal(sent.status, 0, sent.stderr);
  for (;;) {
    await compute.waitFor('web', { kind: 'agent' });
    const now = await bootId().catch(() => before); // it goes down meanwhile
    if (now !== before) break;
  }
  const unknown = await world.novalet(['send-keys', 'web', 'ctrl-nokey']);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /There is no key "nokey" in "ctrl-nokey"/);
});

test('an interrupt that cannot be masked reaches the kernel', BOUND, async () => {
  const count = async () => {
    const { stdout } = await compute.exec('web', {
      argv: ['grep', 'NMI:', '/proc/interrupts'],
      via: 'agent',
    });
    return Number(/NMI:\s+(\d+)/.exec(stdout.toString())?.[1]);
  };
  const before = await count();
  const sent = await world.novalet(['nmi', 'web']);
  assert.equal(sent.status, 0, sent.stderr);
  while ((await count()) === before);
});

/** The first steps of RFC 6143, with VNC authentication: whether the server lets one in. */
async function letsIn(place: string, password: string): Promise<boolean> {
  const [host, port] = place.split(':');
  const socket = connect({ host, port: Number(port) });
  const read = async (length: number): Promise<Buffer> => {
    for (;;) {
      const bytes: Buffer | null = socket.read(length);
      if (bytes !== null) return bytes;
      await once(socket, 'readable');
    }
  };
  try {
    await read(12);
    socket.write('RFB 003.008\n');
    const [count = 0] = await read(1);
    assert.ok((await read(count)).includes(2), 'it asks for a password');
    socket.write(Buffer.of(2));
    const challenge = await read(16);
    // Each byte's bits in reverse order, as the protocol has it; three times the same key make 3DES a DES.
    const key = Buffer.alloc(8);
    Buffer.from(password).copy(key);
    const reversed = key.map((byte) =>
      Number.parseInt(byte.toString(2).padStart(8, '0').split('').toReversed().join(''), 2),
    );
    const cipher = createCipheriv('des-ede3', Buffer.concat([reversed, reversed, reversed]), null);
    cipher.setAutoPadding(false);
    socket.write(Buffer.concat([cipher.update(challenge), cipher.final()]));
    return (await read(4)).readUInt32BE(0) === 0;
  } finally {
    socket.destroy();
  }
}

test(
  'a display that asks for a password lets nobody in before it has one, and then those who know it',
  BOUND,
  async () => {
    const shown = await compute.consoles.vnc('web');
    assert.equal(shown.asksPassword, true);
    assert.equal(await letsIn(shown.place, 'closed'), false);
    const made = await world.novalet(['vnc', 'web', '--generate-password', '-o', 'json']);
    assert.equal(made.status, 0, made.stderr);
    const { place, password, password_valid_until: until } = JSON.parse(made.stdout);
    assert.equal(place, shown.place);
    assert.ok(Date.parse(until) > Date.now());
    assert.equal(await letsIn(place, password), true);
    assert.equal(await letsIn(place, 'closed'), false);
    await assert.rejects(compute.consoles.setVncPassword('web', new Secret('ninechars'), 1000), {
      code: 'VNC_PASSWORD_INVALID',
    });
  },
);

test('of an instance that is off there is nothing to join, to see or to press', BOUND, async () => {
  await compute.stop('web', { force: true });
  const { consoles } = compute;
  const calls = [
    () => consoles.open('web'),
    () => consoles.vnc('web'),
    () => consoles.screenshot('web'),
    () => consoles.nmi('web'),
    () => consoles.sendKeys('web', { keys: ['a'] }),
  ];
  for (const call of calls) await assert.rejects(call, { code: 'INSTANCE_STATE_CONFLICT' });
});
