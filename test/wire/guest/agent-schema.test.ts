// The table of the agent's commands against what QEMU itself declares, in the oldest version we know and in a newer one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AGENT_COMMANDS, type AgentCommand } from '../../../src/guest/index.ts';
import { isRecord } from '../../../src/qapi/index.ts';

interface Declared {
  readonly arguments: Readonly<Record<string, string>>;
  readonly returns: string | null;
  readonly isSilent: boolean;
}

/** Ours for QAPI's, where they differ. */
const TYPES: Readonly<Record<string, string>> = {
  GuestFileWhence: 'whence',
  GuestExecCaptureOutput: 'capture',
  'GuestLogicalProcessor[]': 'vcpu[]',
  'GuestMemoryBlock[]': 'block[]',
};
/** In 7.2 a mere boolean, which the later alternate takes too. */
const CAPTURE = 'guest-exec capture-output?';

const table: ReadonlyMap<string, AgentCommand> = new Map(Object.entries(AGENT_COMMANDS));
const oldest = schema('7.2');
const newer = schema('10.0');

test('the table has the commands of QEMU, all of them and no others, and knows which came later', () => {
  assert.deepEqual([...table.keys()].sort(), [...new Set([...oldest.keys(), ...newer.keys()])].sort());
  const later = [...table].filter(([, { since }]) => since !== undefined).map(([name]) => name);
  assert.deepEqual(later.sort(), [...newer.keys()].filter((name) => !oldest.has(name)).sort());
});

for (const [version, commands] of [
  ['7.2', oldest],
  ['10.0', newer],
] as const) {
  test(`arguments, results and silence are those of QEMU ${version}`, () => {
    assert.ok(commands.size > 40);
    for (const [name, declared] of commands) {
      const ours = table.get(name);
      assert.deepEqual(argumentsOf(name, ours?.arguments ?? {}), argumentsOf(name, declared.arguments), name);
      assert.equal(ours?.returns, declared.returns, name);
      assert.equal(ours?.silent ?? false, declared.isSilent, name);
    }
  });
}

function argumentsOf(command: string, given: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(given).map(([key, type]): [string, string] => {
    const name = key.startsWith('*') ? `${key.slice(1)}?` : key;
    return [name, `${command} ${name}` === CAPTURE ? 'capture' : (TYPES[type] ?? type)];
  });
  return Object.fromEntries(entries);
}

function schema(version: string): Map<string, Declared> {
  const text = readFileSync(new URL(`../../corpus/qga/commands-${version}.json`, import.meta.url), 'utf8');
  const value: unknown = JSON.parse(text);
  assert.ok(isRecord(value));
  return new Map(Object.entries(value).map(([name, entry]) => [name, declaredOf(name, entry)]));
}

function declaredOf(name: string, entry: unknown): Declared {
  assert.ok(isRecord(entry), name);
  const { arguments: given, returns } = entry;
  assert.ok(isRecord(given), name);
  assert.ok(returns === null || typeof returns === 'string', name);
  const types = Object.entries(given).map(([key, type]): [string, string] => {
    assert.ok(typeof type === 'string', `${name} ${key}`);
    return [key, type];
  });
  return { arguments: Object.fromEntries(types), returns, isSilent: entry['silent'] === true };
}
