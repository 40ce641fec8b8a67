import assert from 'node:assert/strict';
import test from 'node:test';
import { flags, wordOf } from '../../../src/libvirt/constants.ts';

test('a number becomes its word, and a later number becomes unknown', () => {
  assert.equal(wordOf('VIR_DOMAIN_', 5), 'shutoff');
  assert.equal(wordOf('VIR_DOMAIN_EVENT_STARTED_', 3), 'from-snapshot');
  assert.equal(wordOf('VIR_DOMAIN_', 99), 'unknown');
  assert.equal(wordOf('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_', 0), 'unknown');
});

test('flags add up those that hold', () => {
  assert.equal(flags(), 0);
  const sum = flags(
    ['VIR_DOMAIN_START_PAUSED', true],
    ['VIR_DOMAIN_START_AUTODESTROY', false],
    ['VIR_DOMAIN_START_VALIDATE', true],
  );
  assert.equal(sum, 17);
  assert.equal(flags(['VIR_DOMAIN_START_PAUSED', undefined]), 0);
});
