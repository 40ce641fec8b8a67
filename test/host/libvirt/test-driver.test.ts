// The binding on libvirt's test driver, which lives inside this process: every kind of object, without a server.
import assert from 'node:assert/strict';
import test from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { type Connection, LibvirtFault, openConnection } from '../../../src/libvirt/index.ts';

const URI = 'test:///default';

function domainXml(name: string): string {
  return `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
    <os><type>hvm</type></os></domain>`;
}

function networkXml(name: string): string {
  return `<network><name>${name}</name><bridge name='nvttest0'/>
    <ip address='10.77.1.1' netmask='255.255.255.0'><dhcp><range start='10.77.1.2' end='10.77.1.9'/></dhcp></ip></network>`;
}

function code(expected: string) {
  return (error: unknown) => {
    assert.ok(isFault(error), String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };
}

async function readDomain(connection: Connection, name: string) {
  const listed = await connection.listDomains();
  return listed.find((summary) => summary.name === name);
}

test('a connection tells what its host is', async () => {
  await using connection = await openConnection(URI);
  assert.equal(connection.uri, URI);
  assert.equal(await connection.canonicalUri(), URI);
  assert.equal(await connection.isAlive(), true);
  assert.match(await connection.capabilities(), /<capabilities>/);
  assert.match((await connection.versions()).libvirt, /^\d+\.\d+\.\d+$/);
  const node = await connection.nodeInfo();
  assert.ok(node.cpus > 0 && node.memoryKiB > 0 && node.model.length > 0);
  assert.ok((await connection.hostname()).length > 0);
});

test('a domain is defined, listed, started, paused, stopped and undefined', async () => {
  await using connection = await openConnection(URI);
  const domain = await connection.defineDomain(domainXml('nvt-life'));
  assert.equal(domain.name, 'nvt-life');
  assert.match(domain.uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal((await readDomain(connection, 'nvt-life'))?.state, 'shutoff');
  assert.equal(await domain.isPersistent(), true);

  await domain.start();
  await domain.suspend();
  assert.equal((await domain.state()).state, 'paused');
  await domain.resume();
  assert.equal((await domain.info()).state, 'running');
  const active = await connection.listDomains({ active: true });
  assert.ok(active.some(({ uuid, state }) => uuid === domain.uuid && state === 'running'));

  await domain.destroy();
  assert.equal((await readDomain(connection, 'nvt-life'))?.state, 'shutoff');
  await assert.rejects(domain.destroy(), code('LIBVIRT_STATE_CONFLICT'));
  await domain.undefine();
  assert.equal(await connection.findDomain({ uuid: domain.uuid }), undefined);
  await assert.rejects(domain.state(), code('DOMAIN_NOT_FOUND'));
});

test('a domain is found by its name and by its UUID', async () => {
  await using connection = await openConnection(URI);
  const byName = await connection.domainByName('test');
  assert.equal((await connection.domainByUuid(byName.uuid)).name, 'test');
  assert.equal((await connection.findDomain({ name: 'test' }))?.uuid, byName.uuid);
  assert.match(await byName.xml(), /<name>test<\/name>/);
});

test('metadata is written, read and removed', async () => {
  await using connection = await openConnection(URI);
  const domain = await connection.defineDomain(domainXml('nvt-meta'));
  const uri = 'urn:nvt';
  await domain.setMetadata({ uri, key: 'nvt', xml: '<instance id="7"/>' });
  assert.match(await domain.metadata('element', { uri }), /id="7"/);
  assert.match(await domain.xml(), /<nvt:instance xmlns:nvt="urn:nvt" id="7"\/>/);
  await domain.setMetadata({ uri, key: 'nvt', xml: undefined });
  await assert.rejects(domain.metadata('element', { uri }), code('DOMAIN_METADATA_NOT_FOUND'));
  await domain.setText('title', 'A title');
  assert.equal(await domain.metadata('title'), 'A title');
  await domain.undefine();
});

test('a network is defined, started, changed, stopped and undefined', async () => {
  await using connection = await openConnection(URI);
  const network = await connection.defineNetwork(networkXml('nvt-net'));
  assert.equal(await network.isActive(), false);
  await network.start();
  await network.setAutostart(true);
  assert.equal(await network.autostart(), true);
  assert.equal(await network.bridgeName(), 'nvttest0');
  const host = "<host mac='52:54:00:77:01:05' ip='10.77.1.5'/>";
  await network.update({ command: 'add-last', section: 'dhcp-host', xml: host }, { live: true });
  assert.match(await network.xml(), /10\.77\.1\.5/);
  const listed = (await connection.listNetworks()).find(({ name }) => name === 'nvt-net');
  assert.deepEqual([listed?.active, listed?.persistent], [true, true]);
  await network.destroy();
  await network.undefine();
  assert.equal(await connection.findNetwork({ name: 'nvt-net' }), undefined);
  await assert.rejects(connection.networkByUuid(network.uuid), code('NETWORK_NOT_FOUND'));
});

test('what the driver cannot do is told as that', async () => {
  await using connection = await openConnection(URI);
  const network = await connection.networkByName('default');
  await assert.rejects(network.dhcpLeases(), code('LIBVIRT_UNSUPPORTED'));
  await assert.rejects(connection.setKeepAlive(5, 5), code('LIBVIRT_UNSUPPORTED'));
});

test('interfaces tell their addresses with families and prefixes', async () => {
  await using connection = await openConnection(URI);
  const domain = await connection.defineDomain(
    domainXml('nvt-addresses').replace(
      '</domain>',
      "<devices><interface type='network'><source network='default'/></interface></devices></domain>",
    ),
  );
  await domain.start();
  const [first] = await domain.interfaceAddresses('lease');
  assert.match(first?.mac ?? '', /^52:54:00/);
  assert.deepEqual(
    first?.addresses.map(({ family, prefix }) => [family, prefix]),
    [['ipv4', 24]],
  );
  await domain.destroy();
  await domain.undefine();
});

test('an error carries what libvirt said', async () => {
  await using connection = await openConnection(URI);
  await assert.rejects(connection.domainByName('nvt-none'), (error: unknown) => {
    assert.ok(error instanceof LibvirtFault);
    assert.deepEqual([error.kind, error.code, error.libvirtCode], ['not-found', 'DOMAIN_NOT_FOUND', 42]);
    assert.equal(error.level, 2);
    assert.match(error.message, /^Could not find domain nvt-none: /);
    return true;
  });
  await assert.rejects(connection.defineDomain('<domain'), code('LIBVIRT_XML_INVALID'));
  const domain = await connection.domainByName('test');
  await assert.rejects(domain.agentCommand('{}', 1), code('LIBVIRT_UNSUPPORTED'));
});

test('a string with a zero character is refused before libvirt sees half of it', async () => {
  await using connection = await openConnection(URI);
  await assert.rejects(connection.domainByName('test\0x'), code('LIBVIRT_ARGUMENT_INVALID'));
});

test('what happens after subscribing is heard, by every subscriber', async () => {
  await using connection = await openConnection(URI);
  await using first = await connection.subscribe();
  await using second = await connection.subscribe();
  const domain = await connection.defineDomain(domainXml('nvt-heard'));
  await domain.start();
  await domain.destroy();
  await domain.undefine();
  for (const subscription of [first, second]) {
    const heard: string[] = [];
    for await (const event of subscription) {
      if (event.kind === 'lifecycle' && event.uuid === domain.uuid)
        heard.push(`${event.event} ${event.detail}`);
      if (heard.length === 4) break;
    }
    assert.deepEqual(heard, ['defined added', 'started booted', 'stopped destroyed', 'undefined removed']);
  }
});

test('a subscription ends when its connection is closed', async () => {
  const connection = await openConnection(URI);
  const subscription = await connection.subscribe();
  const reading = subscription.next();
  await connection.close();
  assert.deepEqual((await reading).value, { kind: 'closed', reason: 'client' });
  assert.equal((await subscription.next()).done, true);
  await assert.rejects(connection.subscribe(), code('LIBVIRT_CONNECTION_CLOSED'));
});

test('a subscription ends with a fault when its signal fires, and when it is not read', async () => {
  await using connection = await openConnection(URI);
  const stop = new AbortController();
  const cancelled = await connection.subscribe({ signal: stop.signal });
  const reading = cancelled.next();
  stop.abort();
  await assert.rejects(reading, code('CANCELLED'));

  await using slow = await connection.subscribe({ maxUnread: 2 });
  await using witness = await connection.subscribe();
  const domain = await connection.domainByName('test');
  for (let i = 0; i < 2; i++) {
    await domain.suspend();
    await domain.resume();
  }
  for (let i = 0; i < 4; i++) await witness.next(); // all four have been delivered
  await slow.next();
  await slow.next();
  await assert.rejects(slow.next(), code('LIBVIRT_EVENTS_LOST'));
  assert.deepEqual(await slow.next(), { done: true, value: undefined });
});

test('a closed connection refuses calls, and can be closed again', async () => {
  const connection = await openConnection(URI);
  const domain = await connection.domainByName('test');
  await connection.close();
  await connection.close();
  assert.equal(await connection.isAlive(), false);
  await assert.rejects(connection.listDomains(), code('LIBVIRT_CONNECTION_CLOSED'));
  await assert.rejects(domain.state(), code('LIBVIRT_CONNECTION_CLOSED'));
});

test('more calls than may wait are refused', async () => {
  await using connection = await openConnection(URI, { maxQueued: 2 });
  const results = await Promise.allSettled(Array.from({ length: 200 }, () => connection.capabilities()));
  const refused = results.filter(({ status }) => status === 'rejected');
  assert.ok(refused.length > 0 && refused.length <= 200 - 6);
  for (const result of refused) {
    if (result.status === 'rejected') code('LIBVIRT_QUEUE_FULL')(result.reason);
  }
  assert.match(await connection.capabilities(), /<capabilities>/); // there is room again
});

test('an unknown driver and a cancelled opening are told apart', async () => {
  await assert.rejects(openConnection('nvt:///none'), code('LIBVIRT_URI_INVALID'));
  await assert.rejects(openConnection(URI, { signal: AbortSignal.abort() }), code('CANCELLED'));
});
