// Which steps are carried out side by side, and what becomes of the others when one fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchesOf, namedProgress, sideBySide } from '../../../../src/compute/apply/batches.ts';
import { nothing, type PlannedStep } from '../../../../src/compute/apply/planned-step.ts';
import type { ProgressEvent } from '../../../../src/compute/index.ts';

function step(
  name: string,
  action: PlannedStep['action'],
  kind: PlannedStep['kind'] = 'instance',
): PlannedStep {
  const acts = action === 'none' ? [] : [{ kind: 'start', id: name } as const];
  return { ...nothing({ kind, name }), action, acts };
}

function names(batches: readonly (readonly PlannedStep[])[]): readonly (readonly string[])[] {
  return batches.map((batch) => batch.map(({ name }) => name));
}

test('launches that follow each other are one batch, and everything else waits for what is before it', () => {
  const steps = [
    step('kernel', 'create', 'image'),
    step('disk', 'create', 'image'),
    step('a', 'create'),
    step('b', 'none'),
    step('c', 'create'),
    step('d', 'change'),
    step('e', 'create'),
    step('f', 'replace'),
  ];
  assert.deepEqual(names(batchesOf(steps)), [['kernel'], ['disk'], ['a', 'b', 'c'], ['d'], ['e'], ['f']]);
  assert.deepEqual(batchesOf([]), []);
});

test('four run at a time, and the fifth when one of them has ended', async () => {
  const steps = ['a', 'b', 'c', 'd', 'e'].map((name) => step(name, 'create'));
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const fifth = Promise.withResolvers<void>();
  const act = async ({ name }: PlannedStep) => {
    begun.push(name);
    if (name === 'e') fifth.resolve();
    await new Promise<void>((resolve) => ends.set(name, resolve));
    return name;
  };
  const all = sideBySide(steps, act, () => true);
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
  ends.get('c')?.();
  await fifth.promise;
  for (const end of ends.values()) end();
  assert.deepEqual([...(await all).values()].toSorted(), ['a', 'b', 'c', 'd', 'e']);
});

test('after one that failed none is begun, and those beside it go on to their end', async () => {
  const steps = ['a', 'b', 'c', 'd', 'e'].map((name) => step(name, 'create'));
  const failed = Promise.withResolvers<void>();
  const act = async ({ name }: PlannedStep) => {
    if (name === 'b') failed.resolve();
    else await failed.promise;
    return name !== 'b';
  };
  const results = await sideBySide(steps, act, (isDone) => isDone);
  assert.deepEqual(
    steps.map((one) => results.get(one)),
    [true, false, true, true, undefined],
  );
});

test('what several tell at the same time is told apart by their names', () => {
  const told: ProgressEvent[] = [];
  const { onProgress } = namedProgress('web', { onProgress: (event) => told.push(event) });
  onProgress?.({ step: 'root-disk', phase: 'begin', what: 'creating the root disk' });
  assert.deepEqual(told, [{ step: 'root-disk:web', phase: 'begin', what: 'web: creating the root disk' }]);
  assert.deepEqual(namedProgress('web', {}), {});
});
