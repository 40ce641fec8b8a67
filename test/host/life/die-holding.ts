// A process that takes an instance's lease, writes into its record what an action writes, and kills itself as `kill -9` would.
// Arguments: the database, the instance's name, what to write as JSON.
import { openStore } from '../../../src/store/index.ts';

const [database = '', name = '', written = '{}'] = process.argv.slice(2);
const store = openStore(database);
const { id } = store.instances.find(name);
await store.leases.acquireWaiting(`instance:${id}`, 'die', { timeoutMs: 30_000, signal: undefined });
store.instances.change(id, (current) => ({ ...current, ...JSON.parse(written) }));
process.kill(process.pid, 'SIGKILL');
