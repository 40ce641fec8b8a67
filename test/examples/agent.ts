import assert from 'node:assert/strict';
import { connect } from 'novalet';

await using host = await connect();
const vm = await host.instance('web1');
const { state, code, cures } = await vm.agent.diagnose();
assert.deepEqual([state, code, cures], ['healthy', 'AGENT_READY', []]);
const { facts } = await vm.agent.facts();
if (facts.os.known) assert.equal(facts.os.value.id, 'debian');
else assert.fail(facts.os.why); // what a guest cannot tell has a reason
assert.deepEqual(await vm.agent.call('guest-ping', {}), {}); // any command, by its own name
