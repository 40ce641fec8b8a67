// The fixture with node:test: `import { guestFixture } from 'novalet/testing/node'`.
import { after, type TestContext } from 'node:test';
import { type FixtureOptions, GuestFixture } from './fixture.ts';
import type { RunningTest } from './running-test.ts';
import type { TestGuest } from './test-guest.ts';

/** A guest for the tests of the file, or of the suite, in which it is made. */
export interface NodeGuestFixture {
  /** Launches the guest, which the first `fork` would do: for a `before` with a timeout of its own. */
  ready(): Promise<void>;
  /** A guest for this test and its subtests, removed when the test has ended. */
  fork(test: TestContext): Promise<TestGuest>;
}

/** Call it at the top of a test file, or in a suite: what it makes is removed after that file's, or suite's, tests. */
export function guestFixture(options: FixtureOptions): NodeGuestFixture {
  const fixture = new GuestFixture(options);
  after(() => fixture.close());
  return {
    ready: async () => await fixture.ready(process.argv[1] ?? ''),
    fork: async (test) => await fixture.fork(runningTest(test)),
  };
}

function runningTest(test: TestContext): RunningTest {
  return {
    file: test.filePath ?? process.argv[1] ?? '',
    name: test.fullName,
    signal: test.signal,
    atEnd: (act) => {
      let hasFailedInside = false;
      test.afterEach((inner) => {
        hasFailedInside ||= !hasPassed(inner);
      });
      test.after(async () => await act(hasFailedInside || !hasPassed(test)));
    },
    tell: (line) => test.diagnostic(line),
  };
}

/** For hooks; it knows nothing of its subtests. `passed` is Node's since 21.7, and @types/node has it not. */
function hasPassed(test: object): boolean {
  return 'passed' in test && test.passed === true;
}
