import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { type StepEnd, Steps } from '../../../../src/guest/cloud-init/rerun.ts';

function reading() {
  const begun: string[] = [];
  const ended: StepEnd[] = [];
  const steps = new Steps({ onBegin: (step) => begun.push(step), onEnd: (end) => ended.push(end) });
  return { steps, begun, ended };
}

const LINES = 'begin clean\nend clean 0\nbegin init-local\nend init-local 0\nbegin init\nend init 2\n';

test('steps are told as they begin and end, however the bytes come', () => {
  for (const size of [1, 7, 1000]) {
    const { steps, begun, ended } = reading();
    const bytes = Buffer.from(LINES);
    for (let at = 0; at < bytes.length; at += size) steps.read(bytes.subarray(at, at + size));
    assert.deepEqual(begun, ['clean', 'init-local', 'init']);
    assert.deepEqual(ended, [
      { step: 'clean', exitCode: 0 },
      { step: 'init-local', exitCode: 0 },
      { step: 'init', exitCode: 2 },
    ]);
  }
});

const LIES = [
  'begin init\n',
  'end clean 0 and more\n',
  'begin clean\nend init-local 0\n',
  'x'.repeat(200),
  '\u001b]0;title\u0007\n',
];

for (const lie of LIES) {
  test(`${JSON.stringify(lie.slice(0, 30))} is not what our script says`, () => {
    assert.throws(
      () => reading().steps.read(Buffer.from(lie)),
      (error) => isFault(error, 'CLOUD_INIT_ANSWER_INVALID'),
    );
  });
}
