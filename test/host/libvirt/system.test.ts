// The binding on the host's own libvirtd: real domains, real events, and a server that hangs or dies.
import assert from 'node:assert/strict';
import test from 'node:test';
import { isFault, newUuid, Secret, within } from '../../../src/base/index.ts';
import {
  type Domain,
  type LibvirtEvent,
  openConnection,
  type Subscription,
} from '../../../src/libvirt/index.ts';
import { SocketProxy } from './socket-proxy.ts';

const URI = 'qemu:///system';

/** A machine with nothing in it: it starts, and finds nothing to boot. */
function domainXml(name: string): string {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
    <os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices><controller type='usb' model='none'/><memballoon model='none'/>
      <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    </devices></domain>`;
}

function code(expected: string, outcome?: string) {
  return (error: unknown) => {
    assert.ok(isFault(error), String(error));
    assert.equal(error.code, expected, error.message);
    if (outcome !== undefined) assert.equal(error.outcome, outcome);
    return true;
  };
}

async function heard(events: Subscription, isIt: (event: LibvirtEvent) => boolean): Promise<LibvirtEvent> {
  return await within(30_000, 'an event', async () => {
    for (;;) {
      const { done, value } = await events.next();
      assert.ok(done !== true, 'the events ended');
      if (isIt(value)) return value;
    }
  });
}

function lifecycle(domain: Domain, what: string) {
  return (event: LibvirtEvent) =>
    event.kind === 'lifecycle' && event.uuid === domain.uuid && event.event === what;
}

async function remove(domain: Domain): Promise<void> {
  if ((await domain.state()).state !== 'shutoff') await domain.destroy();
  await domain.undefine({ nvram: 'remove', managedSave: true });
}

test('the server tells what it and its host can do', async () => {
  await using connection = await openConnection(URI);
  const { libvirt, hypervisor } = await connection.versions();
  assert.match(libvirt, /^\d+\.\d+\.\d+$/);
  assert.match(hypervisor, /^\d+\.\d+\.\d+$/);
  assert.match(await connection.capabilities(), /<arch name='x86_64'>/);
  const wanted = { arch: 'x86_64', machine: 'q35', virtType: 'qemu' };
  assert.match(await connection.domainCapabilities(wanted), /<machine>pc-q35/);
});

test('a domain lives and its events tell', async () => {
  await using connection = await openConnection(URI);
  await using events = await connection.subscribe();
  const domain = await connection.defineDomain(domainXml(`nvt-${newUuid()}`), { validate: true });
  try {
    await domain.start({ paused: true });
    assert.equal((await domain.state()).state, 'paused');
    assert.match(await domain.xml(), /<domain type='qemu' id=/);
    assert.doesNotMatch(await domain.xml({ inactive: true }), /<domain [^>]*id='/);
    await domain.resume();
    await assert.rejects(domain.start(), code('LIBVIRT_STATE_CONFLICT'));
    await assert.rejects(domain.agentCommand('{"execute":"guest-ping"}', 1), code('AGENT_UNRESPONSIVE'));
    const password = new Secret('not to be seen');
    await assert.rejects(domain.setUserPassword('root', password), (error: unknown) => {
      assert.doesNotMatch(String(error), /not to be seen/);
      return code('AGENT_UNRESPONSIVE')(error);
    });
    await domain.setAgentResponseTimeout(2);
    await domain.reset();
    await domain.destroy({ graceful: true });
    await heard(events, lifecycle(domain, 'defined'));
    const started = await heard(events, lifecycle(domain, 'started'));
    assert.equal(started.kind === 'lifecycle' && started.detail, 'booted');
    await heard(events, lifecycle(domain, 'resumed'));
    await heard(events, (event) => event.kind === 'reboot' && event.uuid === domain.uuid);
    const stopped = await heard(events, lifecycle(domain, 'stopped'));
    assert.equal(stopped.kind === 'lifecycle' && stopped.detail, 'destroyed');
    await assert.rejects(domain.agentCommand('{"execute":"guest-ping"}', 1), code('LIBVIRT_STATE_CONFLICT'));
  } finally {
    await remove(domain);
  }
});

test('a device is added to and removed from a running domain', async () => {
  await using connection = await openConnection(URI);
  const domain = await connection.defineDomain(domainXml(`nvt-${newUuid()}`));
  try {
    await domain.start();
    const port = "<channel type='unix'><target type='virtio' name='nvt.lane.0'/></channel>";
    await domain.attachDevice(port, { live: true });
    const attached = /<channel(?:(?!<channel)[\s\S])*nvt\.lane\.0[\s\S]*?<\/channel>/.exec(
      await domain.xml(),
    )?.[0];
    assert.ok(attached !== undefined);
    await using events = await connection.subscribe();
    await domain.detachDevice(attached, { live: true });
    await heard(events, (event) => event.kind === 'device-removed' && event.uuid === domain.uuid);
    assert.doesNotMatch(await domain.xml(), /nvt\.lane\.0/);
  } finally {
    await remove(domain);
  }
});

test('a domain with autoDestroy stops when its connection closes', async () => {
  await using witness = await openConnection(URI);
  await using events = await witness.subscribe();
  const connection = await openConnection(URI);
  const domain = await connection.createDomain(domainXml(`nvt-${newUuid()}`), { autoDestroy: true });
  assert.equal(await domain.isPersistent(), false);
  await connection.close();
  await heard(events, lifecycle(domain, 'stopped'));
  assert.equal(await witness.findDomain({ uuid: domain.uuid }), undefined);
});

test('a read-only connection looks and does not touch', async () => {
  await using connection = await openConnection(URI, { readOnly: true });
  assert.ok(Array.isArray(await connection.listDomains()));
  await assert.rejects(connection.defineDomain(domainXml('nvt-never')), code('LIBVIRT_DENIED'));
});

test('closing fails the calls that libvirt has not answered, and does not wait for them', async () => {
  await using proxy = await SocketProxy.open();
  const connection = await openConnection(proxy.uri);
  proxy.block();
  const calls = Array.from({ length: 6 }, () => connection.capabilities());
  const settled = Promise.allSettled(calls);
  await proxy.held.promise;
  await within(5000, 'the connection to close', () => connection.close());
  const outcomes = (await settled).map((result) => {
    assert.equal(result.status, 'rejected');
    if (result.status === 'rejected') code('LIBVIRT_CONNECTION_CLOSED')(result.reason);
    return result.status === 'rejected' ? result.reason.outcome : '';
  });
  assert.equal(outcomes[0], 'unknown'); // libvirt had it
  assert.deepEqual(outcomes.slice(4), ['not-done', 'not-done']); // there are four workers
});

test('a server that dies is told to callers, to subscribers, and by isAlive', async () => {
  await using proxy = await SocketProxy.open();
  await using connection = await openConnection(proxy.uri);
  await using events = await connection.subscribe();
  assert.equal(await connection.isAlive(), true);
  proxy.block();
  const call = connection.capabilities();
  const failed = assert.rejects(call, code('LIBVIRT_CONNECTION_LOST', 'unknown'));
  await proxy.held.promise;
  proxy.cut();
  await failed;
  const closed = await heard(events, (event) => event.kind === 'closed');
  assert.ok(closed.kind === 'closed' && ['eof', 'error'].includes(closed.reason), JSON.stringify(closed));
  assert.equal((await events.next()).done, true);
  assert.equal(await connection.isAlive(), false);
  await assert.rejects(connection.capabilities(), code('LIBVIRT_CONNECTION_LOST'));
});

test('a call that hangs is told from a server that does', async () => {
  await using proxy = await SocketProxy.open();
  await using connection = await openConnection(proxy.uri, { callTimeoutMs: 500 });
  proxy.blockPresent();
  await assert.rejects(connection.capabilities(), (error) => {
    assert.ok(isFault(error, 'LIBVIRT_CALL_TIMEOUT'));
    assert.match(error.message, /waiting for libvirt to read the capabilities; it answers other calls$/);
    return error.details['answersOthers'] === true && error.outcome === 'unknown';
  });
  proxy.block();
  await assert.rejects(connection.hostname(), (error) => {
    assert.ok(isFault(error, 'LIBVIRT_CALL_TIMEOUT'));
    assert.match(error.message, /read the host's name; it answers no other call either: Timed out after 5 s/);
    return error.details['answersOthers'] === false;
  });
});

test('a server that hangs is noticed by keep-alive', async () => {
  await using proxy = await SocketProxy.open();
  await using connection = await openConnection(proxy.uri, {
    keepAlive: { intervalSeconds: 1, count: 1 },
  });
  proxy.block();
  await assert.rejects(connection.capabilities(), code('LIBVIRT_CONNECTION_LOST', 'unknown'));
});

test('an opening that nobody answers ends in time, or when its signal fires', async () => {
  await using proxy = await SocketProxy.open();
  proxy.block();
  await assert.rejects(openConnection(proxy.uri, { timeoutMs: 200 }), code('LIBVIRT_OPEN_TIMEOUT'));
  const stop = new AbortController();
  const opening = openConnection(proxy.uri, { signal: stop.signal });
  await proxy.held.promise;
  stop.abort();
  await assert.rejects(opening, code('CANCELLED'));
});

test('nobody at the socket is LIBVIRT_UNREACHABLE, with the cure', async () => {
  await assert.rejects(
    openConnection('qemu+unix:///system?socket=/nonexistent/nvt-sock'),
    (error: unknown) => {
      assert.ok(isFault(error) && error.hint !== undefined && /libvirtd/.test(error.hint));
      return code('LIBVIRT_UNREACHABLE')(error);
    },
  );
});
