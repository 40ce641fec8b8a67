// The order in which CPython walks a set of small numbers. Nova keeps CPUs in such sets and takes them as they come, so
// which of two siblings a vCPU gets depends on it: of the core {3, 11} Nova uses 11 first.
// Rules: CPython 3.11, Objects/setobject.c. A number's hash is the number.

const MIN_SLOTS = 8;
const LINEAR_PROBES = 9;
const PERTURB_SHIFT = 5;

/** Numbers from 0 on, in the order that CPython would give them. */
export class HashOrderedSet {
  #slots: (number | undefined)[] = emptySlots(MIN_SLOTS);
  /** The same numbers; a slot that was emptied again would end a search in the slots. */
  readonly #members = new Set<number>();

  /** Adds them one after another. */
  static of(numbers: Iterable<number>): HashOrderedSet {
    const set = new HashOrderedSet();
    for (const number of numbers) set.#add(number);
    return set;
  }

  get size(): number {
    return this.#members.size;
  }

  has(number: number): boolean {
    return this.#members.has(number);
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#slots.filter((number) => number !== undefined).values();
  }

  /** What Nova's objects do with every set that is given to them: fill a new one from it, and copy that. */
  stored(): HashOrderedSet {
    return HashOrderedSet.of(this).#copy();
  }

  /** `this & other`: walks the smaller one. */
  and(other: HashOrderedSet): HashOrderedSet {
    const [walked, asked] = other.size > this.size ? [this, other] : [other, this];
    return HashOrderedSet.of([...walked].filter((number) => asked.has(number)));
  }

  /** `this - other`: where little is taken away, a copy without it. */
  minus(other: ReadonlySet<number>): HashOrderedSet {
    if (this.size >> 2 <= other.size) {
      return HashOrderedSet.of([...this].filter((number) => !other.has(number)));
    }
    const copy = this.#copy();
    for (const [slot, number] of copy.#slots.entries()) {
      if (number !== undefined && other.has(number)) {
        copy.#slots[slot] = undefined;
        copy.#members.delete(number);
      }
    }
    return copy;
  }

  #add(number: number): void {
    if (this.has(number)) return;
    this.#slots[freeSlot(this.#slots, number)] = number;
    this.#members.add(number);
    if (this.size * 5 >= (this.#slots.length - 1) * 3) this.#slots = rehashed(this.#slots, this.size * 4);
  }

  #copy(): HashOrderedSet {
    const copy = new HashOrderedSet();
    const isSmall = this.size * 5 < (MIN_SLOTS - 1) * 3;
    copy.#slots = rehashed(this.#slots, isSmall ? MIN_SLOTS - 1 : this.size * 2);
    if (copy.#slots.length === this.#slots.length) copy.#slots = [...this.#slots];
    for (const number of this) copy.#members.add(number);
    return copy;
  }
}

function emptySlots(count: number): (number | undefined)[] {
  return new Array<number | undefined>(count).fill(undefined);
}

function rehashed(slots: readonly (number | undefined)[], moreThan: number): (number | undefined)[] {
  let count = MIN_SLOTS;
  while (count <= moreThan) count *= 2;
  const next = emptySlots(count);
  for (const number of slots) if (number !== undefined) next[freeSlot(next, number)] = number;
  return next;
}

/** Where a number comes to stand. There is always a free slot. */
function freeSlot(slots: readonly (number | undefined)[], number: number): number {
  const mask = slots.length - 1;
  let perturb = number;
  let start = number & mask;
  for (;;) {
    const last = start + LINEAR_PROBES <= mask ? start + LINEAR_PROBES : start;
    for (let slot = start; slot <= last; slot += 1) {
      if (slots[slot] === undefined) return slot;
    }
    perturb >>= PERTURB_SHIFT;
    start = (start * 5 + 1 + perturb) & mask;
  }
}
