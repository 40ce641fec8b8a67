// A file of one test that says how far it is, and waits to be killed. Run by killed.test.ts.
import { test } from 'node:test';
import { connect } from 'novalet';
import { guestFixture } from 'novalet/testing/node';

const { SAMPLE_PREPARES } = process.env;
const prepare = async () => undefined; // enough for a template of its own
const fixture = guestFixture({
  image: 'minimal',
  network: 'none',
  ...(SAMPLE_PREPARES === undefined ? {} : { prepare }),
});

test('waits', async (t) => {
  const { name } = await fixture.fork(t);
  process.stdout.write(`forked ${name}\n`);
  await using host = await connect(); // keeps the process
  await (await host.instance(name)).exec(['sleep', '3600']);
});
