import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { GuestFixture, type RunningTest } from '../../../src/testing/index.ts';

test('a fixture that is closed gives no guest, and says where to make one', async () => {
  const fixture = new GuestFixture({ image: 'none' });
  await fixture.close(); // nothing was made: no engine is opened for it
  const isClosed = (error: unknown) => isFault(error, 'TEST_FIXTURE_CLOSED') && error.hint !== undefined;
  await assert.rejects(fixture.ready('/a.test.ts'), isClosed);
  const ends: ((hasFailed: boolean) => Promise<void>)[] = [];
  const late: RunningTest = {
    file: '/a.test.ts',
    name: 'late',
    atEnd: (act) => ends.push(act),
    tell: () => undefined,
  };
  await assert.rejects(fixture.fork(late), isClosed);
  for (const end of ends) await end(true); // nothing is there to be told of
});
