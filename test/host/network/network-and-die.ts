// Makes or removes a network, and is killed in the middle: when it is defined and would be started, or stopped and would be
// undefined. Arguments: configuration, network, and `create` or `remove`.
import { openCompute } from '../../../src/app/index.ts';
import { Network } from '../../../src/libvirt/network.ts';

const [configFile = '', name = '', act = ''] = process.argv.slice(2);
const die = async (): Promise<void> => {
  process.kill(process.pid, 'SIGKILL');
};
await using compute = await openCompute({ configFile });
if (act === 'create') {
  Network.prototype.start = die;
  await compute.networks.create({ name });
} else {
  Network.prototype.undefine = die;
  await compute.networks.remove(name);
}
