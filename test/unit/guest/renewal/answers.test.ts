import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import type { ExecOptions, ExecResult } from '../../../../src/guest/index.ts';
import { makeIdentity } from '../../../../src/guest/renewal/identity.ts';
import { prepareGuest, readPrepared } from '../../../../src/guest/renewal/prepare.ts';
import { readRenewal, renewGuest } from '../../../../src/guest/renewal/renew.ts';

const PREPARED = [
  'services done',
  'host-key rsa',
  'host-key ed25519',
  ...['host-keys', 'machine-id', 'random', 'leases', 'cloud-init', 'homes', 'logs', 'hostname'].map(
    (part) => `${part} done`,
  ),
  'trimmed yes',
  'caches done',
  'has-systemd yes',
  'has-cloud-init no',
  'has-vmgenid yes',
];
const RENEWED = [
  ...['clock', 'hostname', 'machine-id', 'host-keys', 'random'].map((part) => `${part} done`),
  'reseed vmgenid',
  ...['labels', 'logs', 'services'].map((part) => `${part} done`),
];

/** A guest in which our script says this and ends. */
function saying(text: string, exitCode: number | null = 0) {
  return {
    peer: 'the agent of web',
    async exec(_argv: readonly string[] = [], _options: ExecOptions = {}): Promise<ExecResult> {
      const empty = { stderr: Buffer.alloc(0), stdoutTruncated: false, stderrTruncated: false };
      return { exitCode, signal: null, stdout: Buffer.from(text), ...empty };
    },
  };
}

const guest = saying('');
const isInvalid = (error: unknown) => isFault(error, 'RENEWAL_ANSWER_INVALID');

test('a preparation tells which host keys there were, in our order, and how copies can be renewed', async () => {
  assert.deepEqual(await prepareGuest(saying(`${PREPARED.join('\n')}\nend\n`)), {
    hostKeyTypes: ['ed25519', 'rsa'],
    hasSystemd: true,
    hasCloudInit: false,
    hasVmGenId: true,
    isTrimmed: true,
  });
});

test('all parts of a preparation that failed are named', () => {
  const lines = PREPARED.map((line) => line.replace(/^(random|homes) done$/, '$1 failed'));
  assert.throws(
    () => readPrepared(guest, lines),
    (error) =>
      isFault(error, 'PREPARATION_INCOMPLETE') &&
      error.details['parts'] === 'random,homes' &&
      error.message ===
        'the agent of web could not remove its random seeds, remove authorized keys and histories',
  );
});

test('an answer without its end, of a script that failed, or of too many bytes is refused', async () => {
  const whole = PREPARED.join('\n');
  for (const text of [
    '',
    whole,
    `${whole}\n`,
    `${whole}\nend`,
    `end\n${whole}\n`,
    `${'x'.repeat(5000)}\nend\n`,
  ])
    await assert.rejects(prepareGuest(saying(text)), isInvalid);
  for (const status of [1, null])
    await assert.rejects(prepareGuest(saying(`${whole}\nend\n`, status)), isInvalid);
});

test('a renewal tells what the guest has none of, and how its random numbers were renewed', () => {
  assert.deepEqual(readRenewal(guest, RENEWED), { reseed: 'vmgenid', absent: [] });
  const lines = RENEWED.map((line) =>
    line.replace('host-keys done', 'host-keys absent').replace('vmgenid', 'ioctl'),
  );
  assert.deepEqual(readRenewal(guest, lines), { reseed: 'ioctl', absent: ['host-keys'] });
});

test('a guest whose random numbers were not renewed is incomplete, and is told what it lacks', () => {
  const lines = RENEWED.map((line) => line.replace('vmgenid', 'none').replace('clock done', 'clock failed'));
  assert.throws(
    () => readRenewal(guest, lines),
    (error) =>
      isFault(error, 'RENEWAL_INCOMPLETE') &&
      error.details['parts'] === 'clock,reseed' &&
      /VM generation ID/.test(error.hint ?? ''),
  );
});

const LIES: readonly (readonly string[])[] = [
  RENEWED.slice(1),
  [...RENEWED, 'clock done'],
  [...RENEWED, 'more done'],
  [...RENEWED, ''],
  RENEWED.map((line) => line.replace('clock done', 'clock perhaps')),
  RENEWED.map((line) => line.replace('clock done', 'clock done well')),
  RENEWED.map((line) => line.replace('vmgenid', '\u001b]0;title\u0007')),
];

test('what no script of ours says is refused', () => {
  for (const lines of LIES) assert.throws(() => readRenewal(guest, lines), isInvalid);
});

test('what is secret goes by standard input, and stands in no argument', async () => {
  const calls: { argv: readonly string[]; stdin: string }[] = [];
  const identity = await makeIdentity({
    hostname: 'web',
    instanceId: 'b7a6f1a0-6f5a-4c51-9d0a-6a1f1de0c0de',
    hostKeyTypes: ['ed25519'],
  });
  const said = saying(`${RENEWED.join('\n')}\nend\n`);
  const exec = (argv: readonly string[], { stdin = '' }: ExecOptions = {}) => {
    calls.push({ argv, stdin: String(stdin) });
    return said.exec(argv);
  };
  await renewGuest({ peer: said.peer, exec }, identity);
  const secrets = [
    identity.randomSeed.reveal(),
    identity.hostKeys[0]?.privateKey.reveal().split('\n')[3] ?? '',
  ];
  for (const secret of secrets) {
    assert.ok(secret.length >= 40);
    assert.deepEqual(
      calls.map(({ argv, stdin }) => [argv.join(' ').includes(secret), stdin.includes(secret)]),
      [[false, true]],
    );
  }
});

test('a script that goes on for too long is ended, with the time that it had', async () => {
  const peer = 'the agent of web';
  const exec = (_argv: readonly string[], { signal }: ExecOptions = {}) =>
    new Promise<ExecResult>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  await assert.rejects(
    prepareGuest({ peer, exec }, { timeoutMs: 5 }),
    (error) => isFault(error, 'EXEC_TIMEOUT') && /0.005 s/.test(error.message),
  );
});
