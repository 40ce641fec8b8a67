// Launches that are to read from the metadata service: what is refused before anything is made, and what is planned.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { LaunchRequest } from '../../../src/compute/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const SERVED = ['openstack', 'ec2', 'nocloud-net'] as const;
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
before(async () => {
  await world.minimalImage();
});

async function refused(request: Partial<LaunchRequest>, code: string): Promise<void> {
  const compute = await world.compute();
  await assert.rejects(
    () => compute.launch({ image: 'minimal', name: 'served', ...request }),
    (error) => isFault(error, code),
  );
  assert.deepEqual(await compute.list(), []);
}

test(
  'without a service a guest that would ask it is not launched, and nothing of it is made',
  BOUND,
  async () => {
    const before = await world.snapshot();
    for (const datasource of SERVED) await refused({ datasource }, 'METADATA_SERVICE_NOT_RUNNING');
    assert.deepEqual(await world.snapshot(), before);
  },
);

test(
  'while a service runs a guest needs a card where it can be asked, and after it the service itself',
  BOUND,
  async () => {
    using store = openStore(`${world.stateDir}/state/novalet.db`);
    const lease = store.leases.acquire('service:metadata', 'serve');
    const request = { network: 'none', datasource: 'openstack' } as const;
    await refused(request, 'METADATA_NETWORK_NEEDED'); // one runs: the next check fails
    lease.release();
    await refused(request, 'METADATA_SERVICE_NOT_RUNNING');
  },
);

test('a plan for a served guest needs no service, and has no drive', BOUND, async () => {
  const compute = await world.compute();
  for (const datasource of SERVED) {
    const { instance, domainXml, steps } = await compute.planLaunch({ image: 'minimal', datasource });
    assert.equal(instance.carrier?.service, datasource);
    assert.equal(instance.id.startsWith('ec2'), datasource === 'ec2');
    assert.ok(!steps.some(({ kind }) => kind === 'config-drive'));
    assert.equal(domainXml.includes('OpenStack Nova'), datasource === 'openstack');
    assert.equal(domainXml.includes('ds=nocloud;dsmode=net'), datasource === 'nocloud-net');
  }
});

test('the command line takes the same, and shows it', BOUND, async () => {
  const args = ['launch', 'minimal', '--dry-run', '--datasource', 'nocloud-net', '--seed-from', 'smbios'];
  const xml = await world.novalet([...args, '--print-xml']);
  assert.deepEqual([xml.status, xml.stderr], [0, '']);
  assert.match(xml.stdout, /name="serial">ds=nocloud;dsmode=net;s=http:\/\/169\.254\.169\.254\/nocloud\//);
  const refusal = await world.novalet(['launch', 'minimal', '--datasource', 'ec2']);
  assert.equal(refusal.status, 9);
  assert.match(refusal.stderr, /METADATA_SERVICE_NOT_RUNNING/);
  assert.match(refusal.stderr, /novalet serve --metadata/);
});
