// How an adopted domain without a channel is told from an image that forbids one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { named } from '../../../src/compute/hints.ts';

const ABSENT = new Fault('unsupported', 'AGENT_ABSENT', 'no channel', { hint: 'novalet guest NAME doctor' });
const OTHER = new Fault('unavailable', 'AGENT_NOT_RUNNING', 'off', { hint: 'novalet guest NAME doctor' });
const adoption = { at: '', domainXml: '', disks: [], consoleLog: null };

function hintOf(error: unknown): string | undefined {
  return error instanceof Fault ? error.hint : undefined;
}

test('an adopted instance without a channel is told how to get one', () => {
  const hint = hintOf(named(ABSENT, { name: 'mail', domainName: 'old-mail', adoption }));
  assert.match(hint ?? '', /novalet adopt old-mail --add-channel/);
  assert.equal(
    hintOf(named(OTHER, { name: 'mail', domainName: 'old-mail', adoption })),
    'novalet guest mail doctor',
  );
});

test('a launched one is sent to the doctor', () => {
  assert.equal(hintOf(named(ABSENT, { name: 'web', adoption: null })), 'novalet guest web doctor');
});
