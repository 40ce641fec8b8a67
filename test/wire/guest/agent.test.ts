import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { Agent, ExecFault, socketOpener } from '../../../src/guest/index.ts';
import { FunctionChannel } from '../../../src/qapi/index.ts';
import { FakeAgent } from '../../fakes/agent.ts';

const peer = 'the agent of t';

function agentOf(
  path: string,
  more: { breaker?: object; turnTimeoutMs?: number; killTimeoutMs?: number } = {},
): Agent {
  return new Agent({
    peer,
    open: socketOpener(path, { peer, timeoutMs: 20_000 }),
    requestTimeoutMs: 20_000,
    ...more,
  });
}

/** An agent that executes: commands run until `end` gives the status. */
function withExec(fake: FakeAgent): { started: Map<number, string>; ended: Map<number, object> } {
  const started = new Map<number, string>();
  const ended = new Map<number, object>();
  let pid = 100;
  fake.handlers.set('guest-exec', (request, answer) => {
    pid += 1;
    started.set(pid, String(request.arguments['path']));
    answer.give({ pid });
  });
  fake.handlers.set('guest-exec-status', (request, answer) => {
    const asked = Number(request.arguments['pid']);
    const status = ended.get(asked);
    if (!started.has(asked)) answer.refuse("Invalid parameter 'pid'");
    else answer.give(status ?? { exited: false });
    if (status !== undefined) started.delete(asked);
  });
  return { started, ended };
}

test('a command that is switched off, missing or frozen is refused before it is sent, each by its own name', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.disabled.add('guest-exec');
  fake.commands.delete('guest-get-osinfo');
  await assert.rejects(agent.exec(['true']), (error) => isFault(error, 'AGENT_COMMAND_BLOCKED'));
  await assert.rejects(agent.osInfo(), (error) => isFault(error, 'AGENT_COMMAND_UNSUPPORTED'));
  fake.handlers.set('guest-fsfreeze-status', (_, answer) => answer.give('frozen'));
  await assert.rejects(agent.exec(['true']), (error) => isFault(error, 'AGENT_FROZEN'));
  assert.equal(fake.count('guest-exec') + fake.count('guest-get-osinfo'), 0);
});

test('libvirt is told to wait longer for what waits for a disk of the guest, unless the call says how long', async () => {
  const seconds = new Map<string, number>();
  const call = async (json: string, timeoutSeconds: number) => {
    const { execute } = JSON.parse(json);
    seconds.set(execute, timeoutSeconds);
    const names = ['guest-file-open', 'guest-file-read', 'guest-get-host-name'];
    const info = { version: '7.2', supported_commands: names.map((name) => ({ name, enabled: true })) };
    return JSON.stringify({ return: execute === 'guest-info' ? info : 1 });
  };
  await using agent = new Agent({ peer, open: async () => new FunctionChannel(call, { peer }) });
  await agent.call('guest-get-host-name');
  await agent.call('guest-file-open', { path: '/f' });
  await agent.call('guest-file-read', { handle: 1 }, { timeoutMs: 3000 });
  const waitOf = (command: string) => seconds.get(command) ?? Number.NaN;
  assert.ok(waitOf('guest-get-host-name') <= 10, `${waitOf('guest-get-host-name')} s`);
  assert.ok(
    waitOf('guest-file-open') > 10 && waitOf('guest-file-open') <= 25,
    `${waitOf('guest-file-open')} s`,
  );
  assert.ok(waitOf('guest-file-read') <= 3, `${waitOf('guest-file-read')} s`);
});

test('what was switched off works as soon as it is switched on, and the commands are asked for once', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.handlers.set('guest-get-host-name', (_, answer) => answer.give({ 'host-name': 'web1' }));
  fake.disabled.add('guest-get-host-name');
  await assert.rejects(agent.hostName(), (error) => isFault(error, 'AGENT_COMMAND_BLOCKED'));
  fake.disabled.clear();
  for (let turn = 0; turn < 3; turn += 1) assert.equal(await agent.hostName(), 'web1');
  assert.equal(fake.count('guest-info'), 2);
});

test('a command switched off since then is explained by asking again', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  await agent.info();
  fake.disabled.add('guest-get-osinfo'); // and so the fake refuses it as CommandNotFound
  await assert.rejects(agent.osInfo(), (error) => isFault(error, 'AGENT_COMMAND_BLOCKED'));
});

test('after a hang calls fail at once, a ping goes first, and then all is well', async () => {
  await using fake = await FakeAgent.listen();
  let now = 0;
  await using agent = agentOf(fake.path, { breaker: { now: () => now, firstPauseMs: 1000 } });
  fake.handlers.set('guest-get-host-name', () => {});
  await agent.info();
  const ask = () => agent.call('guest-get-host-name', undefined, { timeoutMs: 20, readOnly: true });
  await assert.rejects(ask(), (error) => isFault(error, 'AGENT_UNRESPONSIVE'));
  const { length } = fake.requests;
  await assert.rejects(
    ask(),
    (error) => isFault(error, 'AGENT_UNRESPONSIVE') && /1 s/.test(error.hint ?? ''),
  );
  assert.equal(fake.requests.length, length);
  now = 1001;
  fake.handlers.set('guest-get-host-name', (_, answer) => answer.give({ 'host-name': 'back' }));
  assert.equal(await agent.hostName(), 'back');
  assert.ok(fake.count('guest-ping') === 1);
});

test('calls wait for their turn, and not for ever', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path, { turnTimeoutMs: 30 });
  await agent.info();
  const arrived = Promise.withResolvers<() => void>();
  fake.handlers.set('guest-get-host-name', (_, answer) =>
    arrived.resolve(() => answer.give({ 'host-name': 'slow' })),
  );
  const first = agent.hostName();
  const release = await arrived.promise;
  await assert.rejects(agent.ping(), (error) => isFault(error, 'AGENT_BUSY'));
  release();
  assert.equal(await first, 'slow');
});

test('a guest that reboots between start and status loses the result by name', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  const { started } = withExec(fake);
  const give = fake.handlers.get('guest-exec');
  fake.handlers.set('guest-exec', (request, answer) => {
    give?.(request, answer);
    started.clear();
  });
  await assert.rejects(
    agent.exec(['true']),
    (error) => isFault(error, 'EXEC_RESULT_LOST') && error.outcome === 'unknown',
  );
});

test('a connection that breaks while the start is under way leaves the outcome unknown', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.handlers.set('guest-exec', (_, answer) => answer.hangUp());
  await assert.rejects(
    agent.exec(['true']),
    (error) => isFault(error, 'AGENT_DISCONNECTED') && error.outcome === 'unknown',
  );
  await agent.ping();
});

test('a command that cannot be killed says that it may still run, and its result is collected later', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  const { started, ended } = withExec(fake);
  const stop = new AbortController();
  const give = fake.handlers.get('guest-exec');
  fake.handlers.set('guest-exec', (request, answer) => {
    if (started.size > 0) return answer.refuse('no more processes'); // the killer cannot start
    give?.(request, answer);
    setImmediate(() => stop.abort());
  });
  await assert.rejects(agent.exec(['sleep', '9'], { signal: stop.signal }), (error) => {
    assert.ok(error instanceof ExecFault);
    assert.deepEqual([error.code, error.outcome, error.pid], ['CANCELLED', 'unknown', 101]);
    return true;
  });
  ended.set(101, { exited: true, exitcode: 0 });
  await until(() => started.size === 0);
});

test('a kill that is still under way in a slow guest is no kill that failed', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path, { killTimeoutMs: 200 });
  const { started } = withExec(fake);
  const stop = new AbortController();
  const give = fake.handlers.get('guest-exec');
  fake.handlers.set('guest-exec', (request, answer) => {
    give?.(request, answer);
    setImmediate(() => stop.abort());
  });
  await assert.rejects(agent.exec(['sleep', '9'], { signal: stop.signal }), (error) => {
    assert.ok(error instanceof ExecFault);
    assert.equal(
      error.message,
      'sleep was cancelled; killing it has taken 0.2 s, and the guest goes on with it',
    );
    assert.deepEqual([error.code, error.outcome, error.result], ['CANCELLED', 'unknown', undefined]);
    return true;
  });
  assert.equal([...started.values()].at(-1), '/bin/sh'); // the killer, at work
});

test('the result of an abandoned command is never given to a new one with its pid', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  const records: object[] = [];
  fake.handlers.set('guest-exec', (_, answer) => answer.give({ pid: 7 }));
  fake.handlers.set('guest-exec-status', (_, answer) => answer.hangUp());
  await assert.rejects(agent.exec(['old']), (error) => isFault(error, 'EXEC_RESULT_LOST'));
  // The agent keeps the old record, and gives the first one that has the pid.
  records.push(
    { exited: true, exitcode: 1, 'out-data': 'b2xk' },
    { exited: true, exitcode: 0, 'out-data': 'bmV3' },
  );
  fake.handlers.set('guest-exec-status', (_, answer) => {
    const record = records.shift();
    if (record === undefined) answer.refuse('PID ld does not exist');
    else answer.give(record);
  });
  assert.equal((await agent.exec(['new'])).stdout.toString(), 'new');
});

test('records that another client left under the same pid are passed over, however many', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  const old = { exited: true, exitcode: 1, 'out-data': 'b2xk' };
  const records: object[] = [old, old, { exited: false }, { exited: true, exitcode: 0, 'out-data': 'bmV3' }];
  fake.handlers.set('guest-exec', (_, answer) => answer.give({ pid: 7 }));
  fake.handlers.set('guest-exec-status', (_, answer) => {
    const record = records.shift();
    if (record === undefined) answer.refuse('PID ld does not exist');
    else answer.give(record);
  });
  assert.equal((await agent.exec(['new'])).stdout.toString(), 'new');
});

test('an agent that gives results without end, or hangs up before the last, gives none that is believed', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  let asked = 0;
  fake.handlers.set('guest-exec', (_, answer) => answer.give({ pid: 7 }));
  fake.handlers.set('guest-exec-status', (_, answer) => answer.give({ exited: true, exitcode: 0 }));
  await assert.rejects(agent.exec(['true']), (error) => isFault(error, 'EXEC_RESULT_LOST'));
  fake.handlers.set('guest-exec-status', (_, answer) => {
    asked += 1;
    if (asked === 1) answer.give({ exited: true, exitcode: 0 });
    else answer.hangUp();
  });
  await assert.rejects(
    agent.exec(['true']),
    (error) => isFault(error, 'EXEC_RESULT_LOST') && error.outcome === 'unknown',
  );
});

test('a freeze in the middle of a command only delays its result', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  withExec(fake);
  let asked = 0;
  fake.handlers.set('guest-exec-status', (_, answer) => {
    asked += 1;
    if (asked === 1) {
      fake.disabled.add('guest-exec-status');
      fake.handlers.set('guest-fsfreeze-status', (__, each) => {
        fake.disabled.clear();
        each.give('frozen');
      });
      answer.refuse('the agent is in frozen state', 'CommandNotFound');
    } else if (asked === 2) answer.give({ exited: true, exitcode: 0 });
    else answer.refuse("Invalid parameter 'pid'");
  });
  assert.equal((await agent.exec(['true'])).exitCode, 0);
});

test('lies about a command are refused by name', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  for (const pid of [-1, 0, 1.5, '7', null, 2 ** 40]) {
    fake.handlers.set('guest-exec', (_, answer) => answer.give({ pid }));
    await assert.rejects(
      agent.exec(['true']),
      (error) => isFault(error, 'AGENT_REPLY_INVALID') && /guest-exec\.pid/.test(error.message),
    );
  }
});

test('a password reaches the agent in base64 and stays out of every fault', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.handlers.set('guest-set-user-password', (_, answer) => answer.give({}));
  await agent.setPassword('root', new Secret('hüsh'));
  const sent = fake.requests.at(-1)?.arguments;
  assert.deepEqual(sent, {
    username: 'root',
    password: Buffer.from('hüsh').toString('base64'),
    crypted: false,
  });
  fake.handlers.set('guest-set-user-password', (_, answer) => answer.refuse('child process has failed'));
  await assert.rejects(
    agent.setPassword('root', new Secret('hüsh')),
    (error) => isFault(error, 'AGENT_REFUSED') && !error.message.includes('hüsh'),
  );
  const { length } = fake.requests;
  for (const text of ['', 'a\nroot:b']) {
    await assert.rejects(agent.setPassword('root', new Secret(text)), (error) =>
      isFault(error, 'PASSWORD_INVALID'),
    );
  }
  await assert.rejects(agent.setPassword('a:b', new Secret('x')), (error) =>
    isFault(error, 'PASSWORD_USER_INVALID'),
  );
  await assert.rejects(agent.setPassword('a', new Secret('x'), { crypted: true }), (error) =>
    isFault(error, 'PASSWORD_INVALID'),
  );
  assert.equal(fake.requests.length, length);
});

test('addresses are decoded, and what is no address is refused', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  const give = (address: object) =>
    fake.handlers.set('guest-network-get-interfaces', (_, answer) =>
      answer.give([
        { name: 'eth0', 'hardware-address': 'FA:16:3e:00:00:01', 'ip-addresses': [address] },
        { name: 'tun0' },
      ]),
    );
  give({ 'ip-address': '10.0.0.5', 'ip-address-type': 'ipv4', prefix: 24 });
  assert.deepEqual(await agent.networkInterfaces(), [
    {
      name: 'eth0',
      mac: 'fa:16:3e:00:00:01',
      addresses: [{ family: 'ipv4', address: '10.0.0.5', prefix: 24 }],
    },
    { name: 'tun0', addresses: [] },
  ]);
  for (const lie of [
    { 'ip-address': '$(reboot)', 'ip-address-type': 'ipv4', prefix: 24 },
    { 'ip-address': '10.0.0.5', 'ip-address-type': 'ipv4', prefix: 33 },
    { 'ip-address': '10.0.0.5', 'ip-address-type': 'ipv6', prefix: 24 },
  ]) {
    give(lie);
    await assert.rejects(agent.networkInterfaces(), (error) => isFault(error, 'AGENT_REPLY_INVALID'));
  }
});

test('a file read whose count is not its length is refused, and its handle is closed', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.handlers.set('guest-file-open', (_, answer) => answer.give(1000));
  fake.handlers.set('guest-file-read', (_, answer) =>
    answer.give({ count: 5, 'buf-b64': 'YWJj', eof: true }),
  );
  fake.handlers.set('guest-file-close', (_, answer) => answer.give({}));
  await assert.rejects(agent.readFile('/x'), (error) => isFault(error, 'AGENT_REPLY_INVALID'));
  assert.equal(fake.count('guest-file-close'), 1);
});

test('a write that is taken in parts is continued, and one that takes nothing is a fault', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  const written: Buffer[] = [];
  let most = 40_000;
  fake.handlers.set('guest-file-open', (_, answer) => answer.give(1000));
  fake.handlers.set('guest-file-flush', (_, answer) => answer.give({}));
  fake.handlers.set('guest-file-close', (_, answer) => answer.give({}));
  fake.handlers.set('guest-file-write', (request, answer) => {
    const piece = Buffer.from(String(request.arguments['buf-b64']), 'base64').subarray(0, most);
    written.push(piece);
    answer.give({ count: piece.length, eof: false });
  });
  const data = Buffer.from(Array.from({ length: 250_000 }, (_, at) => at % 251));
  await agent.writeFile('/x', data);
  assert.deepEqual(Buffer.concat(written), data);
  most = 0;
  await assert.rejects(agent.writeFile('/x', data), (error) => isFault(error, 'GUEST_FILE_SHORT'));
});

test('silence is how a shutdown succeeds, and a refusal is one', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.handlers.set('guest-shutdown', (_, answer) => answer.hangUp());
  await agent.shutdown('reboot');
  assert.deepEqual(fake.requests.at(-1)?.arguments, { mode: 'reboot' });
  fake.handlers.set('guest-shutdown', (_, answer) => answer.refuse('no'));
  await assert.rejects(agent.shutdown(), (error) => isFault(error, 'AGENT_REFUSED'));
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
