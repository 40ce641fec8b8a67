// A finding of the doctor: one thing that was looked at, and what to do about it.

export interface Finding {
  /** Stable kebab-case name of the check. */
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'problem';
  /** One sentence. */
  readonly what: string;
  /** A command or a sentence; there is one unless the status is ok. */
  readonly fix?: string;
}

export function ok(check: string, what: string): Finding {
  return { check, status: 'ok', what };
}

/** novalet works, but not as well as it could, or one of its commands does not. */
export function warning(check: string, what: string, fix: string): Finding {
  return { check, status: 'warning', what, fix };
}

/** No guest can be launched, or none as it should be. */
export function problem(check: string, what: string, fix: string): Finding {
  return { check, status: 'problem', what, fix };
}
