import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose, type Observed, readConsole } from '../../../src/guest/index.ts';

const WELL: Observed = {
  name: 'web1',
  domainName: 'instance-00000001',
  domain: 'running',
  upMs: 3_600_000,
  channel: 'connected',
  channelConfigured: true,
  wasSeen: true,
  console: { stage: 'login prompt', saysAgentStarted: false },
  probe: { kind: 'answered', ms: 4 },
  agentVersion: '7.2.22',
  frozen: false,
  unusable: [],
  missing: [],
  osId: 'debian',
  confinement: null,
};
const seen = (more: Partial<Observed>) => diagnose({ ...WELL, ...more });
const gone = { channel: 'disconnected', probe: { kind: 'not-tried' }, wasSeen: false } as const;
const black = (name: string) => ({ name, by: 'policy' as const });

test('each thing that can be wrong has its own code, and each names the instance and a cure', () => {
  const cases: readonly [string, Partial<Observed>][] = [
    ['INSTANCE_NOT_RUNNING', { domain: 'off' }],
    ['INSTANCE_NOT_RUNNING', { domain: 'missing' }],
    ['INSTANCE_NOT_RUNNING', { domain: 'crashed' }],
    ['INSTANCE_PAUSED', { domain: 'paused' }],
    ['INSTANCE_PAUSED', { domain: 'suspended' }],
    ['AGENT_ABSENT', { channel: 'absent', channelConfigured: false }],
    ['AGENT_ABSENT', { channel: 'absent', channelConfigured: true }],
    ['AGENT_BOOTING', { ...gone, upMs: 5000, console: { stage: 'kernel', saysAgentStarted: false } }],
    ['AGENT_NOT_RUNNING', gone],
    ['AGENT_NOT_RUNNING', { ...gone, upMs: 5000 }],
    ['AGENT_STOPPED', { ...gone, wasSeen: true }],
    ['AGENT_STOPPED', { ...gone, console: { stage: 'login prompt', saysAgentStarted: true } }],
    ['GUEST_BOOT_FAILED', { ...gone, console: { stage: 'panic', saysAgentStarted: false } }],
    ['GUEST_BOOT_FAILED', { ...gone, console: { stage: 'emergency', saysAgentStarted: false } }],
    [
      'GUEST_BOOT_FAILED',
      { probe: { kind: 'silent', ms: 8000 }, console: { stage: 'panic', saysAgentStarted: true } },
    ],
    ['AGENT_DISABLED', { probe: { kind: 'refused-at-once', ms: 2 } }],
    ['AGENT_HUNG', { probe: { kind: 'silent', ms: 5000 } }],
    ['AGENT_BUSY', { probe: { kind: 'held', ms: 12_000 } }],
    ['AGENT_REPLY_INVALID', { probe: { kind: 'nonsense', code: 'LIBVIRT_FAILED', message: 'x' } }],
    ['AGENT_FROZEN', { frozen: true }],
    ['AGENT_COMMAND_BLOCKED', { unusable: [black('guest-exec')] }],
    ['AGENT_COMMAND_UNSUPPORTED', { missing: ['guest-exec'] }],
    ['AGENT_CONFINED', { confinement: { enforcing: true, context: null, isExecDenied: true } }],
  ];
  for (const [code, more] of cases) {
    const diagnosis = seen(more);
    assert.equal(diagnosis.code, code);
    assert.notEqual(diagnosis.state, 'healthy');
    assert.match(diagnosis.sentence, /web1/);
    assert.ok(diagnosis.cures.length > 0 && diagnosis.evidence.length > 0, code);
    assert.ok(!/^Guest agent is not responding\.?$/.test(diagnosis.sentence));
  }
  assert.deepEqual([seen({}).code, seen({}).state], ['AGENT_READY', 'healthy']);
});

test('a channel that nobody opened is no agent that libvirt has given up', () => {
  const { code } = seen({ channel: 'unknown', wasSeen: false, probe: { kind: 'refused-at-once', ms: 1 } });
  assert.equal(code, 'AGENT_NOT_RUNNING');
});

test('a policy is sought where the system keeps it', () => {
  const cures = (osId: string | null) => seen({ osId, unusable: [black('guest-exec')] }).cures.join();
  assert.match(cures('rhel'), /\/etc\/sysconfig\/qemu-ga.*FILTER_RPC_ARGS.*BLOCK_RPCS/);
  assert.match(cures('opensuse-tumbleweed'), /\/usr\/etc\/sysconfig\/qemu-ga/);
  assert.match(cures('mswindows'), /QEMU-GA/);
  assert.match(cures(null), /systemctl cat qemu-guest-agent/);
});

test('what an agent starts unconfined is healthy, whether or not SELinux enforces', () => {
  const context = 'system_u:system_r:virt_qemu_ga_unconfined_t:s0';
  assert.equal(seen({ confinement: { enforcing: true, context, isExecDenied: false } }).code, 'AGENT_READY');
  const confined = 'system_u:system_r:virt_qemu_ga_t:s0';
  const enforcing = { enforcing: true, context: confined, isExecDenied: false };
  assert.equal(seen({ confinement: enforcing }).code, 'AGENT_CONFINED');
  assert.equal(seen({ confinement: { ...enforcing, enforcing: false } }).code, 'AGENT_READY');
});

test('names and versions that a hostile agent made up do not get into sentences', () => {
  const evil = '\u001b]0;owned\u0007';
  const { sentence, cures, evidence } = seen({
    agentVersion: evil,
    unusable: [black(evil), black('guest-exec')],
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch([sentence, ...cures, ...evidence].join(), /[\u0000-\u001f]|owned\u0007/);
  assert.match(sentence, /guest-exec and 1 more$/);
});

test('the stage of a boot is the last one that the console shows', () => {
  const stage = (text: string) => readConsole(Buffer.from(text)).stage;
  assert.equal(stage(''), 'silent');
  assert.equal(stage('SeaBIOS (version 1.16)\r\nBooting from Hard Disk...'), 'firmware');
  assert.equal(stage('GNU GRUB  version 2.06\n[    0.000000] Linux version 6.1.0'), 'kernel');
  assert.equal(
    stage('[    1.0] x\n\u001b[0;32m  OK  \u001b[0m] Reached target \u001b[0;1;39mBasic'),
    'starting services',
  );
  assert.equal(stage('Debian GNU/Linux 12 web1 ttyS0\n\nweb1 login: '), 'login prompt');
  assert.equal(stage('web1 login: \n[   99.000000] Kernel panic - not syncing: x'), 'panic');
  assert.equal(stage('something else'), 'unknown');
});

test('a console of megabytes of escapes is read in a moment, and says nothing', () => {
  const hostile = Buffer.alloc(8 * 1024 * 1024, '\u001b[0;1;2;[ 1 login:');
  const began = performance.now();
  readConsole(hostile);
  assert.ok(performance.now() - began < 1000);
});
