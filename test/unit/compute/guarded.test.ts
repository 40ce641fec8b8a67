import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { AuditLog, LOCAL, type Subject } from '../../../src/audit/index.ts';
import { Fault } from '../../../src/base/index.ts';
import { guarded, userOr } from '../../../src/compute/guarded.ts';
import { Reaches } from '../../../src/compute/reaches.ts';
import { anInstance } from '../store/an-instance.ts';

/** What a guarded class can have: streams, loops, promises, getters, symbols, private members. */
class Things {
  readonly #word = 'thing';

  get word(): string {
    return this.#word;
  }

  read(content: Iterable<Buffer>): Readable {
    return Readable.from(content);
  }

  async *watch(name: string): AsyncGenerator<string> {
    yield `${this.#word} ${name}`;
  }

  async touch(name: string, options: { readonly user?: string } = {}): Promise<string> {
    return `${this.#word} ${name} ${options.user ?? ''}`;
  }

  async fail(): Promise<never> {
    throw new Fault('exhausted', 'DISK_FULL', 'full', { hint: 'Make room: novalet exec NAME -- df' });
  }

  [Symbol.dispose](): string {
    return this.#word;
  }
}

function behindGuard(context: TestContext, subject: Subject = LOCAL) {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-guarded-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'audit.ndjson');
  const audit = new AuditLog({ path, arguments: false, rotateBytes: 1_000_000, keep: 1 });
  const reaches = new Reaches(audit, { subject, origin: 'library' });
  const things = guarded(new Things(), {
    reaches,
    instance: () => anInstance(),
    privileges: { read: 'files-read', watch: 'files-read', touch: 'files-write', fail: 'files-write' },
    via: () => 'lane',
    user: userOr('root'),
  });
  const lines = () =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { things, reaches, lines };
}

async function closed(stream: Readable): Promise<void> {
  await new Promise<void>((resolve) => stream.once('close', () => resolve()));
}

test('a stream stays a stream, and its line is written when it has ended', async (context) => {
  const { things, lines } = behindGuard(context);
  const stream = things.read([Buffer.from('a'), Buffer.from('b')]);
  assert.ok(stream instanceof Readable);
  assert.deepEqual(lines(), []);
  const text: string[] = [];
  stream.on('data', (piece) => text.push(String(piece)));
  await closed(stream);
  assert.equal(text.join(''), 'ab');
  assert.deepEqual(
    lines().map(({ what, outcome, guestUser }) => [what, outcome, guestUser]),
    [['read', 'ok', 'root']],
  );
});

test('a stream that fails is recorded as failed, and fails for its reader', async (context) => {
  const { things, lines } = behindGuard(context);
  const stream = things.read(
    (function* failing(): Generator<Buffer> {
      yield Buffer.from('a');
      throw new Fault('corrupt', 'GUEST_FILE_CHANGED', 'It changed');
    })(),
  );
  const reading = (async () => {
    for await (const _piece of stream);
  })();
  await assert.rejects(reading, { code: 'GUEST_FILE_CHANGED' });
  assert.deepEqual(
    lines().map(({ outcome, code }) => [outcome, code]),
    [['failed', 'GUEST_FILE_CHANGED']],
  );
});

test('symbols, getters and the class reach the object itself', async (context) => {
  const { things, lines } = behindGuard(context);
  assert.equal(things[Symbol.dispose](), 'thing');
  assert.equal(things.word, 'thing');
  assert.equal(things.constructor, Things);
  assert.equal(await Promise.resolve(things), things); // nothing takes it for a promise
  for await (const word of things.watch('a')) assert.equal(word, 'thing a');
  assert.deepEqual(
    lines().map(({ what }) => what),
    ['watch'],
  );
});

test('who may act as one user only may not leave the user out', async (context) => {
  const grants = [{ instances: ['*'], privileges: ['files-write'], guestUsers: ['app'] }] as const;
  const { things, lines } = behindGuard(context, { name: 'alice', keys: [], grants });
  await assert.rejects(things.touch('a'), { code: 'PRIVILEGE_MISSING' });
  assert.equal(await things.touch('a', { user: 'app' }), 'thing a app');
  assert.deepEqual(
    lines().map(({ guestUser, outcome }) => [guestUser, outcome]),
    [
      ['root', 'denied'],
      ['app', 'ok'],
    ],
  );
});

test('a failure from below is told with the name of the instance in its hint, however it is reached', async (context) => {
  const { things, reaches } = behindGuard(context);
  const { name } = anInstance();
  const told = { code: 'DISK_FULL', hint: `Make room: novalet exec ${name} -- df` };
  await assert.rejects(things.fail(), told);
  const reach = { privilege: 'exec', what: 'x' } as const;
  await assert.rejects(
    reaches.made(anInstance(), reach, () => new Things().fail()),
    told,
  );
});
