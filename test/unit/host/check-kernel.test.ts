import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decideKernel } from '../../../src/host/check-kernel.ts';
import { kernelOptions, readKernelOptions } from '../../../src/host/kernel-options.ts';

const DEBIAN =
  'CONFIG_NET_SCH_HTB=m\nCONFIG_NET_SCH_SFQ=m\nCONFIG_NET_SCH_INGRESS=m\n# CONFIG_RT_GROUP_SCHED is not set\n';

test('a kernel that can limit traffic and give real-time is well', () => {
  const findings = decideKernel(kernelOptions(DEBIAN));
  assert.deepEqual(
    findings.map(({ check, status }) => [check, status]),
    [
      ['traffic-shaping', 'ok'],
      ['realtime', 'ok'],
    ],
  );
});

test('a kernel without sfq, or with real-time by cgroup, is a warning that names extra specs and options', () => {
  const findings = decideKernel(
    kernelOptions(
      'CONFIG_NET_SCH_HTB=y\n# CONFIG_NET_SCH_SFQ is not set\nCONFIG_NET_SCH_INGRESS=y\nCONFIG_RT_GROUP_SCHED=y\n',
    ),
  );
  const [shaping, realtime] = findings;
  assert.deepEqual([shaping?.status, realtime?.status], ['warning', 'warning']);
  assert.match(`${shaping?.what} ${shaping?.fix}`, /no sfq: .*quota:vif_.*CONFIG_NET_SCH_SFQ;/);
  assert.match(`${realtime?.what} ${realtime?.fix}`, /hw:cpu_realtime.*without CONFIG_RT_GROUP_SCHED/);
});

test('nothing is said where nobody tells what the kernel was built with', () => {
  assert.deepEqual(decideKernel(readKernelOptions({ kernelConfigs: ['/nonexistent/%r'] })), []);
});

test("the kernel's own word wins over its package's, packed or not", (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-kernel-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const [packed, plain] = [join(folder, 'config.gz'), join(folder, 'config')];
  writeFileSync(packed, gzipSync('CONFIG_RT_GROUP_SCHED=y\n'));
  writeFileSync(plain, DEBIAN);
  assert.deepEqual(
    [...(readKernelOptions({ kernelConfigs: [packed, plain] }) ?? [])],
    [['RT_GROUP_SCHED', 'y']],
  );
  assert.equal(readKernelOptions({ kernelConfigs: ['/nonexistent', plain] })?.get('NET_SCH_SFQ'), 'm');
});
