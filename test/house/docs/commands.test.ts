// docs/commands.md against the command tree, the exit statuses and the records themselves, so that it cannot lie.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { Fault } from '../../../src/base/index.ts';
import { guestRecord } from '../../../src/cli/commands/guest/record.ts';
import { cloneRecord } from '../../../src/cli/commands/launch/document.ts';
import { networkRecord } from '../../../src/cli/commands/network/record.ts';
import { namedPortRecord } from '../../../src/cli/commands/port/record.ts';
import { templateRecord, verifiedDocument } from '../../../src/cli/commands/template/document.ts';
import { EXIT_CODES } from '../../../src/cli/exit-codes.ts';
import { jobRecord } from '../../../src/cli/job-records.ts';
import {
  addressesRecord,
  execRecord,
  findingRecord,
  flavorRecord,
  imageRecord,
  instanceRecord,
  instanceSummary,
} from '../../../src/cli/records.ts';
import { resultRecord } from '../../../src/cli/steps-document.ts';
import { commandTree } from './command-tree.ts';
import { GUEST, JOB } from './sample-guest.ts';
import { GUEST_ADDRESSES, IMAGE, NAMED_PORT, NETWORK, STEP, TEMPLATE, VIEW } from './sample-values.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'commands.md'), 'utf8');

test('every command has its section, with its operands as the help shows them', async () => {
  const documented = [...page.matchAll(/^### (novalet .+)$/gm)].map(([, heading = '']) => heading);
  assert.deepEqual(documented.toSorted(), (await allCommands()).map(heading).toSorted());
});

test('every option is documented where it belongs, and no other', async () => {
  for (const command of await allCommands()) {
    const flags = visibleFlags(command).filter((flag) => flag !== '-h, --help');
    assert.deepEqual(optionsIn(section(`### ${heading(command)}`)), flags.toSorted(), heading(command));
  }
});

test('the global options are those of the program', async () => {
  assert.deepEqual(optionsIn(section('## Global options')), visibleFlags(await commandTree()).toSorted());
});

test('the exit statuses are those of the program', () => {
  const rows = [...section('## Exit status').matchAll(/^\| (\d+) \| `([a-z-]+)`/gm)];
  const told = Object.fromEntries(rows.map(([, status, kind = '']) => [kind, Number(status)]));
  assert.deepEqual(told, EXIT_CODES);
});

test('the fields are those that programs get', () => {
  const summary = fieldsIn('### Instance in a list');
  assert.deepEqual(summary, paths(instanceSummary(VIEW)));
  const { flavor: _flavor, fault: _fault, ...record } = instanceRecord(VIEW);
  const names = ['flavor', 'image', 'fault', 'admin_pass'];
  const whole = [...summary, ...fieldsIn('### Instance')].filter((name) => !names.includes(name));
  assert.deepEqual(whole.toSorted(), paths(record));
  assert.deepEqual(fieldsIn('### Flavor'), paths(flavorRecord(VIEW.instance.flavor)));
  assert.deepEqual(fieldsIn('### Image'), paths(imageRecord(IMAGE)));
  assert.deepEqual(fieldsIn('### Addresses'), paths(addressesRecord(GUEST_ADDRESSES)));
  const result = {
    exitCode: 0,
    signal: null,
    stdoutTruncated: false,
    stderrTruncated: false,
    via: 'lane',
  } as const;
  const empty = Buffer.alloc(0);
  assert.deepEqual(
    fieldsIn('### Exec result'),
    paths(execRecord({ ...result, stdout: empty, stderr: empty })),
  );
  assert.deepEqual(
    fieldsIn('### Finding'),
    paths(findingRecord({ check: 'kvm', status: 'ok', what: 'KVM works' })),
  );
});

test('the fields of jobs and guests are those that programs get', () => {
  assert.deepEqual(fieldsIn('### Job'), paths(jobRecord(JOB)));
  assert.deepEqual(fieldsIn('### Guest'), paths(guestRecord(GUEST)));
});

test('the fields of a step are those that programs get', () => {
  assert.deepEqual(fieldsIn('### Step'), paths(resultRecord(STEP)));
});

test('the fields of networks and ports are those that programs get', () => {
  assert.deepEqual(fieldsIn('### Network'), paths(networkRecord(NETWORK)));
  assert.deepEqual(fieldsIn('### Port'), paths(namedPortRecord(NAMED_PORT)));
});

test('the fields of templates, and of what is launched from one, are those that programs get', () => {
  const template = paths(templateRecord(TEMPLATE));
  assert.deepEqual(fieldsIn('### Template').toSorted(), beside(template));
  const { data } = verifiedDocument(TEMPLATE);
  assert.ok(typeof data === 'object' && data !== null);
  assert.deepEqual(fieldsIn('### Template that was verified'), beside(paths(data), template));
  const why = new Fault('corrupt', 'TEMPLATE_MEMORY_UNREADABLE', 'It is short');
  const wish = { label: 'web', request: {} };
  const clone = cloneRecord({ view: VIEW, wish, way: 'cold', why, isReady: true }, false);
  assert.deepEqual(
    fieldsIn('### Instance from a template'),
    beside(paths(clone), paths(instanceRecord(VIEW))),
  );
});

/** Those that are in none of the other lists; a flavor is one field. */
function beside(names: readonly string[], others: readonly string[] = []): readonly string[] {
  const whole = names.map((name) => (name.startsWith('flavor.') ? 'flavor' : name));
  const known = new Set(others.map((name) => (name.startsWith('flavor.') ? 'flavor' : name)));
  return [...new Set(whole)].filter((name) => !known.has(name));
}

async function allCommands(): Promise<readonly Command[]> {
  const below = (command: Command): readonly Command[] =>
    command
      .createHelp()
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .flatMap((child) => [child, ...below(child)]);
  return below(await commandTree());
}

/** `novalet image add <file>`. */
function heading(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  const operands = command.usage().replaceAll(/\[(?:options|command)\] ?/g, '');
  return `${names.join(' ')} ${operands}`.trim();
}

function visibleFlags(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ flags }) => flags);
}

/** From a heading to the next one of any level. */
function section(start: string): string {
  const at = page.indexOf(`\n${start}\n`);
  assert.notEqual(at, -1, `docs/commands.md has no "${start}"`);
  const text = page.slice(at + start.length + 2);
  const end = text.search(/^#/m);
  return end < 0 ? text : text.slice(0, end);
}

function optionsIn(text: string): readonly string[] {
  return [...text.matchAll(/^\| `(-[^`]+)` \|/gm)].map(([, flags = '']) => flags).toSorted();
}

/** The names in backticks in the first column of a table of fields. */
function fieldsIn(start: string): readonly string[] {
  const rows = [...section(start).matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell);
  return rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).toSorted();
}

/** What keys a person chooses; they are no fields. */
const MAPS: ReadonlySet<string> = new Set(['metadata', 'properties']);

/** `disks[].role` for every leaf of a value. */
function paths(value: object, before = ''): readonly string[] {
  return Object.entries(value)
    .flatMap(([key, inner]: [string, unknown]) => {
      const path = `${before}${key}`;
      const item: unknown = Array.isArray(inner) ? inner[0] : inner;
      if (typeof item !== 'object' || item === null || MAPS.has(key)) return [path];
      return paths(item, Array.isArray(inner) ? `${path}[].` : `${path}.`);
    })
    .toSorted();
}
