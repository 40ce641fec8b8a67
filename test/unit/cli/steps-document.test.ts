// What people read of the steps of a manifest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planText, resultsDocument } from '../../../src/cli/steps-document.ts';
import type { ApplyStep, StepResult } from '../../../src/compute/index.ts';

function aStep(changes: Partial<ApplyStep>): ApplyStep {
  return {
    kind: 'instance',
    name: 'web',
    action: 'none',
    cost: 'none',
    differences: [],
    notes: [],
    problem: null,
    ...changes,
  };
}

test('a plan has each difference on a line, what it costs, and how much is as described', () => {
  const steps = [
    aStep({
      kind: 'flavor',
      name: 'small',
      action: 'create',
      differences: [{ key: 'vcpus', from: null, to: '1' }],
    }),
    aStep({
      action: 'change',
      cost: 'restart',
      differences: [
        { key: 'flavor', from: 'small', to: 'large' },
        { key: 'tags', from: null, to: 'blue' },
        { key: 'tags', from: 'red', to: null },
      ],
      notes: ['a note'],
    }),
    aStep({ name: 'db', problem: 'it is locked' }),
    aStep({ name: 'same' }),
  ];
  assert.equal(
    planText(steps),
    `+ make flavor small
    vcpus: 1
~ change instance web, which restarts the guest
    flavor: small -> large
    tags: nothing -> blue
    tags: red -> nothing
    (a note)
? instance db: cannot be done: it is locked
= 1 as described
`,
  );
  assert.equal(planText([aStep({})]), 'Nothing to do\n');
});

test('nothing of a name or a value moves the cursor', () => {
  const text = planText([
    aStep({
      action: 'change',
      name: 'a\u001b[2J',
      differences: [{ key: 'k\n', from: '\u001b]0;x', to: 'b\r' }],
    }),
  ]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  assert.doesNotMatch(text, /[\u001b\r]/);
  assert.equal(text.split('\n').length, 3);
});

test('each step tells how it ended', () => {
  const ended = (result: StepResult['result'], action: ApplyStep['action']): StepResult => ({
    ...aStep({ action }),
    result,
    warnings: result === 'done' ? ['the guest says no'] : [],
    fault: null,
  });
  const results = [
    ended('done', 'create'),
    ended('unchanged', 'none'),
    ended('failed', 'change'),
    ended('not-done', 'replace'),
  ];
  assert.equal(
    resultsDocument(results).text(),
    `+ instance web: made
    warning: the guest says no
= instance web: nothing to do
~ instance web: could not be changed
! instance web: not replaced, since another one failed
`,
  );
});
