// What the fixture asks of a test, whichever runner runs it.

export interface RunningTest {
  /** Path of the file it stands in. */
  readonly file: string;
  /** With the names of the suites around it. */
  readonly name: string;
  /** Fires when the test's time is over or the run is cancelled. */
  readonly signal?: AbortSignal | undefined;
  /** Has `act` called once, when the test has ended, however it did; the runner waits for it. */
  atEnd(act: (hasFailed: boolean) => Promise<void>): void;
  /** A line beside the test's result. */
  tell(line: string): void;
}
