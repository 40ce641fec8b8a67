// What one test file reported, counted: leaves only, so that a suite or a parent test is not counted beside its parts.
// Knows the events of node:test's run(); prints nothing.

/** The parts of a `test:pass` or `test:fail` event that are looked at. */
export interface TestReport {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: { readonly type?: string | undefined; readonly error?: unknown };
}

export interface Failure {
  /** As it was given to FileTally. */
  readonly file: string;
  /** Names from the outermost suite to the test. */
  readonly path: readonly string[];
  readonly error: unknown;
}

export interface Skip {
  readonly path: readonly string[];
  readonly reason: string;
}

/** Counts of one file, or of several added up. */
export interface Tally {
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skips: readonly Skip[];
}

export const EMPTY_TALLY: Tally = { passed: 0, failures: [], skips: [] };

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failures: [...a.failures, ...b.failures],
    skips: [...a.skips, ...b.skips],
  };
}

/** Takes the reports of one file in the order they come (children before their parent) and keeps count. */
export class FileTally {
  readonly #file: string;
  #passed = 0;
  readonly #failures: { file: string; path: string[]; nesting: number; error: unknown }[] = [];
  readonly #skips: { path: string[]; nesting: number; reason: string }[] = [];
  /** At each depth, how many reports wait for their parent's name. */
  readonly #children: number[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(report: TestReport, failed: boolean): void {
    const { nesting, name } = report;
    const isParent = (this.#children[nesting + 1] ?? 0) > 0;
    this.#children[nesting + 1] = 0;
    this.#children[nesting] = (this.#children[nesting] ?? 0) + 1;
    for (const entry of [...this.#failures, ...this.#skips]) {
      if (isParent && entry.nesting > nesting && entry.path.length <= entry.nesting - nesting) {
        entry.path.unshift(name);
      }
    }
    if (this.#isWholeFile(report)) this.#addFile(failed, report);
    else if (failed) this.#addFailure(report, isParent);
    else if (isParent) return;
    else if (isMarked(report.skip)) this.#addSkip(report, report.skip, 'skipped');
    else if (isMarked(report.todo)) this.#addSkip(report, report.todo, 'to do');
    else if (report.details.type !== 'suite') this.#passed += 1;
  }

  /** A failure that no test reported: the file hung, for example. */
  addFileFailure(error: unknown): void {
    this.#failures.push({ file: this.#file, path: [], nesting: 0, error });
  }

  result(): Tally {
    return { passed: this.#passed, failures: this.#failures, skips: this.#skips };
  }

  /** A file that runs no test passes as a test of its own name, and so fails one that crashes. */
  #isWholeFile(report: TestReport): boolean {
    return report.nesting === 0 && report.name === this.#file;
  }

  #addFile(failed: boolean, report: TestReport): void {
    if (!failed) this.addFileFailure('the file holds no test');
    // Its tests' own failures make the process fail too: that is no second failure.
    else if (this.#failures.length === 0) this.addFileFailure(report.details.error);
  }

  #addFailure(report: TestReport, isParent: boolean): void {
    if (isParent && failureType(report.details.error) === 'subtestsFailed') return;
    const { nesting, details } = report;
    this.#failures.push({ file: this.#file, path: [report.name], nesting, error: details.error });
  }

  #addSkip(report: TestReport, mark: string | true, plain: string): void {
    const reason = mark === true || mark === '' ? plain : mark;
    this.#skips.push({ path: [report.name], nesting: report.nesting, reason });
  }
}

function isMarked(mark: string | boolean | undefined): mark is string | true {
  return mark !== undefined && mark !== false;
}

function failureType(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'failureType' in error
    ? error.failureType
    : undefined;
}
