// The first assignment of rows to columns, each row a column of its own: what walking all permutations in order would
// find first. Pure. A matching of all rows is kept by augmenting paths (Kuhn); each row in turn then takes its earliest
// column for which whoever had it finds another.

/** For each row its column; null when not all rows can have one. `allowed[row][column]`. */
export function firstMatch(allowed: readonly (readonly boolean[])[]): readonly number[] | null {
  const matching = new Matching(allowed);
  for (const row of allowed.keys()) {
    if (!matching.place(row)) return null;
  }
  for (const row of allowed.keys()) matching.settle(row);
  return matching.columns();
}

class Matching {
  readonly #allowed: readonly (readonly boolean[])[];
  readonly #columnOf = new Map<number, number>();
  readonly #rowOf = new Map<number, number>();
  /** Columns of rows that keep theirs. */
  readonly #settled = new Set<number>();

  constructor(allowed: readonly (readonly boolean[])[]) {
    this.#allowed = allowed;
  }

  columns(): readonly number[] {
    return [...this.#columnOf].toSorted(([a], [b]) => a - b).map(([, column]) => column);
  }

  /** Gives the row some column, moving others where needed; nothing changes when there is none. */
  place(row: number): boolean {
    return this.#augment(row, new Set(this.#settled));
  }

  /** Moves the row to the earliest column that leaves all later rows one. */
  settle(row: number): void {
    const column = this.#columnsFor(row).find(
      (each) => this.#settled.has(each) === false && this.#take(row, each),
    );
    if (column !== undefined) this.#settled.add(column);
  }

  #take(row: number, column: number): boolean {
    const [before, owner] = [this.#columnOf.get(row), this.#rowOf.get(column)];
    if (before === column || before === undefined) return before === column;
    this.#rowOf.delete(before);
    this.#assign(row, column);
    if (owner === undefined || this.#augment(owner, new Set([...this.#settled, column]))) return true;
    this.#assign(owner, column);
    this.#assign(row, before);
    return false;
  }

  #augment(row: number, tried: Set<number>): boolean {
    return this.#columnsFor(row).some((column) => {
      if (tried.has(column)) return false;
      tried.add(column);
      const owner = this.#rowOf.get(column);
      if (owner !== undefined && !this.#augment(owner, tried)) return false;
      this.#assign(row, column);
      return true;
    });
  }

  #assign(row: number, column: number): void {
    this.#columnOf.set(row, column);
    this.#rowOf.set(column, row);
  }

  #columnsFor(row: number): readonly number[] {
    return (this.#allowed[row] ?? []).flatMap((isAllowed, column) => (isAllowed ? [column] : []));
  }
}
