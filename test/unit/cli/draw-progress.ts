// Draws steps on stderr as a launch would: two that overlap, one with figures, and one that fails when asked to.
import { delay } from '../../../src/base/index.ts';
import { openProgress } from '../../../src/cli/progress.ts';

const isFailing = process.argv[2] === 'fail';
await using display = await openProgress(process.stderr);
display.show({ step: 'a', phase: 'begin', what: 'preparing the base image' });
display.show({ step: 'b', phase: 'begin', what: 'writing the config drive' });
display.show({
  step: 'a',
  phase: 'progress',
  what: 'preparing the base image',
  done: 42,
  total: 100,
  unit: 'percent',
});
await delay(150);
display.show({ step: 'b', phase: 'end', what: 'writing the config drive' });
display.show({ step: 'a', phase: 'end', what: 'preparing the base image' });
display.show({ step: 'download', phase: 'progress', what: 'downloading', done: 1024, unit: 'bytes' });
display.show({ step: 'check', phase: 'progress', what: 'checking' });
display.show({ step: 'check', phase: 'progress', what: 'checking the rest' });
display.show({ step: 'c', phase: 'begin', what: 'starting the domain' });
if (!isFailing) {
  display.show({ step: 'c', phase: 'end', what: 'starting the domain' });
  display.succeed();
}
