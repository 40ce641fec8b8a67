import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay, Fault, isFault, within } from '../../../src/base/index.ts';

const never = () => new Promise<never>(() => undefined);

test('work that is done in time gives its value', async () => {
  assert.equal(await within(1000, 'an answer', async () => 42), 42);
});

test('a deadline names what was waited for, fires the signal, and does not wait for deaf work', async () => {
  let fired = false;
  const deaf = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => {
      fired = true;
    });
    return never();
  };
  await assert.rejects(within(5, 'the moon', deaf, { code: 'MOON_LATE', hint: 'Look up.' }), (error) => {
    assert.ok(isFault(error, 'MOON_LATE'));
    assert.equal(error.kind, 'timeout');
    assert.equal(error.message, 'Timed out after 5 ms waiting for the moon');
    assert.equal(error.hint, 'Look up.');
    return true;
  });
  assert.equal(fired, true);
});

test('the caller who cancels gets CANCELLED, or the fault it gave as the reason', async () => {
  const stop = new AbortController();
  const waiting = within(60_000, 'a turn', never, { signal: stop.signal });
  stop.abort();
  await assert.rejects(waiting, (error) => isFault(error, 'CANCELLED'));

  const reason = new Fault('conflict', 'OTHER', 'something else');
  await assert.rejects(within(60_000, 'a turn', never, { signal: AbortSignal.abort(reason) }), reason);
});

test('failures of the work go through unchanged', async () => {
  const failure = new Error('no');
  await assert.rejects(
    within(1000, 'an answer', () => Promise.reject(failure)),
    failure,
  );
});

test('a delay ends at once when it is cancelled', async () => {
  const stop = new AbortController();
  const pause = delay(60_000, stop.signal);
  stop.abort();
  await assert.rejects(pause, (error) => isFault(error, 'CANCELLED'));
});
