// Our reading of values against Nova's own, over texts that are legal for some key or nearly so.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Fault, isFault } from '../../../src/base/index.ts';
import { extraSpecs, imageProperties } from '../../../src/model/index.ts';

const path = join(import.meta.dirname, '..', '..', 'corpus', 'nova', 'values.json');
const nova: unknown = JSON.parse(readFileSync(path, 'utf8'));

type Verdicts = ReadonlyMap<string, unknown>;

/** What is read otherwise on purpose: docs/nova-differences.md, "How values are read". */
const DIFFERENT: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:hw|os|quota|resources|img)/, ['1_000']],
  [/^hw:(?:cpu_\w+_mask|numa_cpus\.0)$/, ['3-1', '1-2-3']],
  [/^hw:mem_page_size$/, ['0']],
  [/^hw_cpu_(?:max_)?(?:sockets|cores|threads)$|^hw_video_ram$|^hw_serial_port_count$/, ['-1']],
  [/^hw_numa_(?:nodes|mem\.0)$/, ['0', '-1']],
  [/^hw_numa_cpus\.0$/, ['', ' ', '+5', '1_000']],
  [/^hw_(?:emulation_)?architecture$/, ['arm64']],
];

function isDifferent(key: string, text: string): boolean {
  return DIFFERENT.some(([keys, texts]) => keys.test(key) && texts.includes(text));
}

function recordAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  assert.ok(typeof value === 'object' && value !== null && name in value);
  const inner: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  assert.ok(typeof inner === 'object' && inner !== null);
  return Object.fromEntries(Object.entries(inner));
}

function listOf(value: unknown): readonly string[] {
  assert.ok(Array.isArray(value) && value.every((text) => typeof text === 'string'));
  return value;
}

const texts = listOf(Object.values(recordAt(nova, 'texts')));

/** Accepted texts of an extra spec, each with itself. */
function specVerdicts(row: unknown): Verdicts {
  const accepted = row === 'all' ? texts : listOf(row);
  return new Map(accepted.map((text) => [text, text]));
}

/** Accepted texts of a property, each with Nova's value. */
function propertyVerdicts(row: unknown): Verdicts {
  if (row === 'as written') return new Map(texts.map((text) => [text, text]));
  assert.ok(typeof row === 'object' && row !== null);
  if (!('true' in row && Array.isArray(row.true))) return new Map(Object.entries(row));
  const yes = listOf(row.true);
  return new Map(texts.map((text) => [text, yes.includes(text)]));
}

/** The fields, or the fault. */
function reading<T>(read: () => T): T | Fault {
  try {
    return read();
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
}

for (const [key, row] of Object.entries(recordAt(nova, 'extraSpecs'))) {
  test(`${key} takes the texts that Nova's validators take`, () => {
    const verdicts = specVerdicts(row);
    for (const text of texts) {
      if (isDifferent(key, text)) continue;
      const ours = reading(() => extraSpecs({ [key]: text }));
      const isRefused = isFault(ours, 'EXTRA_SPEC_INVALID');
      assert.equal(isRefused, !verdicts.has(text), `${key}=${JSON.stringify(text)}`);
      assert.equal(isFault(ours, 'EXTRA_SPEC_UNKNOWN'), false);
    }
  });
}

for (const [key, row] of Object.entries(recordAt(nova, 'imageProperties'))) {
  test(`${key} takes the texts that Nova takes, as what Nova takes them for`, () => {
    const verdicts = propertyVerdicts(row);
    for (const text of texts) {
      if (isDifferent(key, text)) continue;
      const ours = reading(() => imageProperties({ [key]: text }));
      const told = `${key}=${JSON.stringify(text)}`;
      assert.equal(isFault(ours, 'IMAGE_PROPERTY_INVALID'), !verdicts.has(text), told);
      if (isFault(ours)) continue;
      const field = Object.entries(ours).find(([name]) => name === key.replace(/\.0$/, ''));
      // Properties without a field of their own mean nothing here.
      if (field !== undefined) assert.deepEqual(plain(field[1]), verdicts.get(text), told);
    }
  });
}

/** A map of cells as its first cell. */
function plain(value: unknown): unknown {
  return value instanceof Map ? value.get(0) : value;
}
