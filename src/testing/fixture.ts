// One guest for all tests of a file, launched when the first of them asks, and a fork of it for each test.
// Knows no test runner: node.ts and vitest.ts bring theirs.
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import {
  connect,
  type InstanceHandle,
  type LaunchOptions,
  type Novalet,
  type OpenOptions,
} from '../app/index.ts';
import { Fault, within } from '../base/index.ts';
import { dropEvidence, type EvidencePlace, takeEvidence } from './evidence.ts';
import { type ForkSource, makeForkSource, type WaitLimits } from './fork-source.ts';
import { KEPT_TAG, ownerTag, ownTestOwner } from './owner.ts';
import { ReaperProcess } from './reaper-process.ts';
import { removeGuest, removeOrphans, removeTagged } from './removal.ts';
import { guestNameOf, resultsPlace } from './results-place.ts';
import type { RunningTest } from './running-test.ts';
import { TestGuest } from './test-guest.ts';
import { warn } from './warn.ts';

const READY_TIMEOUT_MS = 600_000;
const RESULTS = 'test-results';

/** What the guest shall be, as for `launch`, and how the fixture is to go about it. */
export interface FixtureOptions
  extends Omit<LaunchOptions, 'name' | 'signal' | 'onProgress' | 'generationId'> {
  /** Which engine, as for `connect`. */
  readonly host?: OpenOptions;
  /** Runs once in the guest that is forked afterwards, when it is ready: what no test is about, such as installing. */
  readonly prepare?: (guest: InstanceHandle) => Promise<void>;
  /** How long the guest, and each fork, may take until its agent answers and cloud-init is done. Default 600 000. */
  readonly readyTimeoutMs?: number;
  /** `on-failure` leaves the guests of failed tests as they are. Default `never`; NOVALET_TEST_KEEP=1 in the environment. */
  readonly keep?: 'never' | 'on-failure';
  /** The directory for evidence of failed tests. Default `test-results`; NOVALET_TEST_RESULTS in the environment. */
  readonly results?: string;
}

export class GuestFixture implements AsyncDisposable {
  readonly #launch: LaunchOptions;
  readonly #prepare: FixtureOptions['prepare'];
  readonly #hostOptions: OpenOptions;
  readonly #readyTimeoutMs: number;
  readonly #keeps: boolean;
  readonly #results: string;
  /** Where the tests run, for shorter names of their files; a test may go elsewhere. */
  readonly #directory = process.cwd();
  readonly #id = randomBytes(4).toString('hex');
  readonly #tag: string;
  readonly #closing = new AbortController();
  readonly #works = new Set<Promise<unknown>>();
  readonly #guestsOf = new Map<string, number>();
  #forks = 0;
  #host: Novalet | undefined;
  #reaper: ReaperProcess | undefined;
  #source: Promise<ForkSource> | undefined;
  /** What a guest that did not get ready left, for every test that asks for a fork of it. */
  #evidence: readonly string[] = [];

  constructor(options: FixtureOptions) {
    const { host = {}, prepare, readyTimeoutMs, keep, results, ...launch } = options;
    const { NOVALET_TEST_KEEP: kept = '', NOVALET_TEST_RESULTS: named = '' } = process.env;
    this.#tag = ownerTag(ownTestOwner(), this.#id);
    this.#launch = { ...launch, tags: [...(launch.tags ?? []), this.#tag] };
    this.#prepare = prepare;
    this.#hostOptions = { origin: 'testing', ...host };
    this.#readyTimeoutMs = readyTimeoutMs ?? READY_TIMEOUT_MS;
    this.#keeps = keep === 'on-failure' || !['', '0'].includes(kept);
    this.#results = resolve(results ?? (named === '' ? RESULTS : named));
  }

  /** Launches the guest now, which the first fork would do: for a `before` with a timeout of its own. */
  async ready(file: string): Promise<void> {
    await this.#forkSource(file);
  }

  /**
   * A guest for this test alone, with its agent answering. It is removed when the test has ended. Throws
   * `TEST_FIXTURE_CLOSED`, and what launching, cloning and waiting throw.
   */
  async fork(test: RunningTest): Promise<TestGuest> {
    const place = this.#placeOf(test);
    const ended = new AbortController();
    const signals = [ended.signal, this.#closing.signal, ...(test.signal === undefined ? [] : [test.signal])];
    let id: string | undefined;
    const onMade = (made: string) => {
      id = made;
    };
    const making = this.#track(this.#makeFork(test, { signal: AbortSignal.any(signals), place, onMade }));
    test.atEnd(async (hasFailed) => {
      ended.abort(); // where the runner has no signal for it
      await Promise.allSettled([making]);
      if (id !== undefined) await this.#track(this.#end(id, place, hasFailed ? test : undefined));
    });
    return await making;
  }

  /** Removes all that is left. What cannot be removed now, the reaper tries once more after this process. */
  async close(): Promise<void> {
    this.#closing.abort(closed());
    await Promise.allSettled([...this.#works]);
    if (this.#host === undefined) return;
    try {
      if (this.#reaper !== undefined) await removeTagged(this.#host.compute, this.#tag);
      await this.#reaper?.dismiss();
      this.#reaper = undefined;
    } finally {
      await this.#host.close();
      this.#host = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #makeFork(
    test: RunningTest,
    options: {
      readonly signal: AbortSignal;
      readonly place: EvidencePlace;
      readonly onMade: (id: string) => void;
    },
  ): Promise<TestGuest> {
    const { signal, place, onMade } = options;
    await dropEvidence(place);
    const source = await this.#forkSourceFor(test, signal);
    this.#forks += 1;
    const name = `${guestNameOf(test.file)}-${this.#id}-${this.#forks}`;
    const id = await source.fork(name, this.#limits(signal), onMade);
    return new TestGuest(this.#opened().compute, id, name);
  }

  async #forkSourceFor(test: RunningTest, signal: AbortSignal): Promise<ForkSource> {
    const what = 'the guest that tests are forked from';
    try {
      // bounded in itself, and not by one test's end, which is not the others'
      return await within(Number.POSITIVE_INFINITY, what, () => this.#forkSource(test.file), { signal });
    } catch (error) {
      for (const line of this.#evidence) test.tell(line);
      throw error;
    }
  }

  async #forkSource(file: string): Promise<ForkSource> {
    if (this.#closing.signal.aborted) throw closed();
    this.#source ??= this.#track(this.#makeSource(file));
    return await this.#source;
  }

  async #makeSource(file: string): Promise<ForkSource> {
    const place = this.#placeOf({ file, name: 'launch' });
    await dropEvidence(place);
    const host = await connect(this.#hostOptions);
    this.#host = host;
    await sweep(host);
    const log = join(this.#results, 'reaper.log');
    this.#reaper = await ReaperProcess.start({ tag: this.#tag, host: this.#hostOptions, log });
    const { signal } = this.#closing;
    const name = `${guestNameOf(file)}-${this.#id}`;
    let id: string | undefined;
    const onGuest = (made: string | undefined) => {
      id = made;
    };
    const order = { launch: this.#launch, name, tag: this.#tag, prepare: this.#prepare, onGuest };
    try {
      return await makeForkSource(host, order, this.#limits(signal));
    } catch (error) {
      if (id !== undefined && !signal.aborted) await this.#keepOrRemove(id, place, this.#gather);
      throw error;
    }
  }

  async #end(id: string, place: EvidencePlace, failed: RunningTest | undefined): Promise<void> {
    if (failed === undefined) await removeGuest(this.#opened().compute, id);
    else await this.#keepOrRemove(id, place, (line) => failed.tell(line));
  }

  async #keepOrRemove(id: string, place: EvidencePlace, tell: (line: string) => void): Promise<void> {
    const { compute } = this.#opened();
    try {
      for (const line of await takeEvidence(compute, id, place)) tell(line);
    } finally {
      if (this.#keeps) {
        const { name } = await compute.change(id, { removeTags: [this.#tag], addTags: [KEPT_TAG] });
        tell(`kept: novalet console ${name}; remove it: novalet delete ${name}`);
      } else await removeGuest(compute, id);
    }
  }

  readonly #gather = (line: string): void => {
    this.#evidence = [...this.#evidence, line];
  };

  #placeOf(test: { readonly file: string; readonly name: string }): EvidencePlace {
    const directory = resultsPlace(this.#results, this.#directory, test);
    const number = (this.#guestsOf.get(directory) ?? 0) + 1;
    this.#guestsOf.set(directory, number);
    return { directory, stem: number === 1 ? 'guest' : `guest-${number}` };
  }

  #limits(signal: AbortSignal): WaitLimits {
    return { timeoutMs: this.#readyTimeoutMs, signal };
  }

  #opened(): Novalet {
    if (this.#host === undefined) throw closed();
    return this.#host;
  }

  /** `close` waits for it. */
  #track<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work);
    const done = () => this.#works.delete(work);
    work.then(done, done);
    return work;
  }
}

/** What cannot be removed is no reason for these tests to fail. */
async function sweep({ compute }: Novalet): Promise<void> {
  try {
    await removeOrphans(compute, ownTestOwner());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`What tests left that were killed could not be removed: ${why}`);
  }
}

function closed(): Fault {
  return new Fault('conflict', 'TEST_FIXTURE_CLOSED', 'The guest of these tests was removed already', {
    hint: 'Make the fixture in the file of the tests that use it, outside of any test.',
  });
}
