import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type AgentConfig, vendorDocument } from '../../../src/metadata/agent-config.ts';

interface Part {
  readonly type: string;
  readonly content: string;
}

/** The parts of an archive, as a reader of YAML 1.1 has them. */
function partsOf(document = ''): readonly Part[] {
  assert.ok(document.startsWith('#cloud-config-archive\n'));
  return parse(document, { version: '1.1' });
}

/** The calls behind the functions, in their order. */
function callsOf({ content }: Part): readonly string[] {
  return content
    .slice(content.lastIndexOf('}\n') + 2)
    .trim()
    .split('\n');
}

function scripts(agent: AgentConfig): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(partsOf(vendorDocument(null, agent)).map((part) => [part.type, callsOf(part)]));
}

test('without an agent to look after, the config goes alone, or nothing', () => {
  assert.equal(vendorDocument(null, null), undefined);
  assert.equal(vendorDocument({ timezone: 'UTC' }, null), '#cloud-config\n{"timezone":"UTC"}\n');
});

test('config and scripts go side by side, each of its type', () => {
  const agent = { from: 'drive', keepBlocks: false } as const;
  const [config, hook, ...more] = partsOf(vendorDocument({ timezone: 'UTC' }, agent));
  assert.deepEqual(config, { type: 'text/cloud-config', content: '#cloud-config\n{"timezone":"UTC"}\n' });
  assert.equal(hook?.type, 'text/cloud-boothook');
  assert.ok(hook?.content.startsWith('#cloud-boothook\n#!/bin/sh\n'));
  assert.deepEqual(more, []);
});

test('the drive is looked at early; packages are fetched late, and what they did not bring comes from the drive', () => {
  assert.deepEqual(scripts({ from: 'drive', keepBlocks: false }), {
    'text/cloud-boothook': ['from_drive', 'unblock', 'start_own', 'exit 0'],
  });
  assert.deepEqual(scripts({ from: 'packages', keepBlocks: false }), {
    'text/cloud-boothook': ['unblock', 'start_own', 'exit 0'],
    'text/x-shellscript': ['from_packages', 'unblock', 'start_own', 'exit 0'],
  });
  assert.deepEqual(scripts({ from: 'packages-then-drive', keepBlocks: false })['text/x-shellscript'], [
    'from_packages',
    'from_drive',
    'unblock',
    'start_own',
    'exit 0',
  ]);
});

test('what the image forbids its agent stays forbidden where that is asked for', () => {
  const calls = scripts({ from: 'packages', keepBlocks: true });
  assert.deepEqual(calls, {
    'text/cloud-boothook': ['start_own', 'exit 0'],
    'text/x-shellscript': ['from_packages', 'start_own', 'exit 0'],
  });
});

test('the packages are those of cloud-init, in a config of their own', () => {
  const [, late] = partsOf(vendorDocument(null, { from: 'packages', keepBlocks: false }));
  const config = /<<'END'\n([\s\S]*?)\nEND\n/.exec(late?.content ?? '')?.[1] ?? '';
  assert.deepEqual(parse(config), {
    packages: ['qemu-guest-agent'],
    package_update: true,
    package_upgrade: false,
    package_reboot_if_required: false,
  });
});

test('the same wishes give the same bytes', () => {
  const agent = { from: 'packages-then-drive', keepBlocks: false } as const;
  assert.equal(vendorDocument({ a: 1 }, agent), vendorDocument({ a: 1 }, agent));
});
