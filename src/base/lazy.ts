// A part that is loaded and made by who first needs it.

/** Makes its value once, when it is first asked for. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #made: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  /** Throws what making it throws, every time. */
  async get(): Promise<T> {
    this.#made ??= this.#make();
    return await this.#made;
  }

  /** The value where somebody asked for it already; undefined otherwise. For who has only to end what was begun. */
  async made(): Promise<T | undefined> {
    return await this.#made;
  }
}
