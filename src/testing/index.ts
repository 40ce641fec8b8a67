// The test fixture for others' tests: `novalet/testing`. With `novalet/testing/node` and `novalet/testing/vitest` it knows
// when a test ends; for another runner a `RunningTest` tells it.
export { type FixtureOptions, GuestFixture } from './fixture.ts';
export type { RunningTest } from './running-test.ts';
export { TestGuest } from './test-guest.ts';
