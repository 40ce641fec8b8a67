import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, within } from '../../../src/base/index.ts';
import { TalkingProgram } from '../../../src/hostlink/index.ts';

const sh = (script: string, options = {}) => new TalkingProgram('/bin/sh', ['-c', script], options);

test('each answer ends where it is said to, and what comes behind it belongs to the next', async () => {
  await using program = sh('while read -r line; do echo "<$line>"; echo end; done');
  assert.equal(await program.say('one\ntwo\n', /end\n/), '<one>\n');
  assert.equal(await program.say('', /end\n/), '<two>\n');
  await program.finish();
});

test('a program that ends instead of answering is a failure with its last words and status', async () => {
  await using program = sh('read -r line; echo so far; echo because >&2; exit 3');
  await assert.rejects(
    program.say('x\n', /never/),
    (error) => isFault(error, 'PROGRAM_FAILED') && /status 3: because/.test(error.message),
  );
  await assert.rejects(program.finish(), (error) => isFault(error, 'PROGRAM_FAILED'));
});

test('a program that is not there, and one that never stops talking, are told apart', async () => {
  await using missing = new TalkingProgram('/no/such/program', []);
  await assert.rejects(missing.say('', /x/), (error) => isFault(error, 'PROGRAM_MISSING'));
  await using endless = sh('while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done', {
    maxAnswerBytes: 10_000,
  });
  await assert.rejects(endless.say('', /x/), (error) => isFault(error, 'PROGRAM_OUTPUT_TOO_LARGE'));
});

test('a fired signal ends the wait and the program, with all that it started', async () => {
  const cancel = new AbortController();
  await using program = sh('sleep 1000 & echo started; wait', { signal: cancel.signal });
  await program.say('', /started\n/);
  const waiting = program.say('', /never/);
  cancel.abort();
  await assert.rejects(waiting, (error) => isFault(error, 'CANCELLED'));
  // It resolves when nobody holds its output any more, and the one in the background held it.
  await within(60_000, 'the output to be closed', () => program[Symbol.asyncDispose]());
});
