// docs/testing.md: its examples are the files that are run, and its workflows are such as a runner takes, with commands that exist.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { exampleText } from '../../../scripts/check-readme.ts';
import { decodeSettings } from '../../../src/app/configuration-file.ts';
import {
  anExactObject,
  anInteger,
  anObject,
  aString,
  Fault,
  listOf,
  mapOf,
  optional,
  Place,
  type ShapeOf,
} from '../../../src/base/index.ts';
import { assertParses, assertScript } from './takes-command.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'testing.md'), 'utf8');
const workflows = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

/** What GitHub takes, as far as the page uses it. A step runs something or uses an action. */
const workflowShape = anExactObject({
  name: aString,
  on: listOf(aString),
  permissions: mapOf(aString),
  jobs: mapOf(
    anExactObject({
      'runs-on': aString,
      'timeout-minutes': anInteger,
      steps: listOf(
        anExactObject({
          name: optional(aString),
          if: optional(aString),
          run: optional(aString),
          uses: optional(aString),
          with: optional(anObject({})),
        }),
      ),
    }),
  ),
});

function stepsOf(text: string): ShapeOf<typeof workflowShape>['jobs'][string]['steps'] {
  const refuse = (path: string, problem: string) => new Fault('invalid', 'USAGE', `${path} ${problem}`);
  const { jobs } = workflowShape(parse(text), new Place('', refuse));
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

for (const [name, file] of [
  ['guest-node', 'guest-node.test.ts'],
  ['guest-vitest', 'guest-vitest.test.ts'],
] as const) {
  test(`the example ${name} is the file that is run`, () => {
    assert.equal(exampleText(root, name), readFileSync(join(root, 'test', 'examples', file), 'utf8'));
  });
}

test('there is a workflow with KVM and one without, each step of which runs something or uses an action', () => {
  assert.equal(workflows.length, 2);
  for (const text of workflows) {
    for (const { run, uses, if: condition } of stepsOf(text)) {
      assert.ok((run === undefined) !== (uses === undefined), text);
      if (uses !== undefined) assert.match(uses, /^actions\/[a-z-]+@v\d+$/);
      if (condition !== undefined) assert.equal(condition, 'failure()');
    }
  }
  const opens = workflows.map((text) => text.includes('KERNEL=="kvm"'));
  assert.deepEqual(opens, [true, false]);
});

test('every script and every command of novalet in them is there', async () => {
  for (const text of workflows) {
    const lines = stepsOf(text).flatMap(({ run = '' }) => run.split('\n'));
    const calls = lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([program = '']) => program.startsWith('novalet/'));
    assert.equal(calls.length, 4);
    for (const [program = '', ...words] of calls) {
      const path = program.slice('novalet/'.length);
      assertScript(path);
      if (path === 'scripts/novalet') await assertParses(words);
    }
  }
});

test('the configuration that one of them writes is one that novalet reads', () => {
  const line = /printf '%s\\n' (.*) >novalet\.yaml/.exec(workflows.join('\n'))?.[1] ?? '';
  const text = [...line.matchAll(/'([^']+)'/g)].map(([, setting]) => setting).join('\n');
  const { virtType, agentTimeoutS } = decodeSettings(text, 'novalet.yaml');
  assert.deepEqual({ virtType, agentTimeoutS }, { virtType: 'qemu', agentTimeoutS: 60 });
});
