// The fixture with vitest: `import { guestFixture } from 'novalet/testing/vitest'`.
import { afterAll, expect } from 'vitest';
import { type FixtureOptions, GuestFixture } from './fixture.ts';
import type { RunningTest } from './running-test.ts';
import type { TestGuest } from './test-guest.ts';

/** Removing waits for a guest's disks to be written, and for a fork that is being made to be taken back. */
const END_MS = 120_000;

/** What of a test's context is needed; vitest's own has it. */
export interface VitestContext {
  readonly task: {
    readonly name: string;
    readonly fullTestName?: string;
    readonly file: { readonly filepath: string };
    readonly result?: { readonly state: string } | undefined;
  };
  readonly signal: AbortSignal;
  onTestFinished(act: () => Promise<void>, timeoutMs?: number): void;
}

/** A guest for the tests of the file, or of the suite, in which it is made. */
export interface VitestGuestFixture {
  /** Launches the guest, which the first `fork` would do: for a `beforeAll` with a timeout of its own. */
  ready(): Promise<void>;
  /** A guest for this test, removed when the test has ended. */
  fork(test: VitestContext): Promise<TestGuest>;
}

/** Call it at the top of a test file, or in a suite: what it makes is removed after that file's, or suite's, tests. */
export function guestFixture(options: FixtureOptions): VitestGuestFixture {
  const fixture = new GuestFixture(options);
  afterAll(() => fixture.close(), END_MS);
  return {
    ready: async () => await fixture.ready(expect.getState().testPath ?? ''),
    fork: async (test) => await fixture.fork(runningTest(test)),
  };
}

function runningTest({ task, signal, onTestFinished }: VitestContext): RunningTest {
  return {
    file: task.file.filepath,
    name: task.fullTestName ?? task.name,
    signal,
    atEnd: (act) => onTestFinished(() => act(task.result?.state === 'fail'), END_MS),
    tell: (line) => process.stderr.write(`${line}\n`), // annotations are for a test that still runs
  };
}
