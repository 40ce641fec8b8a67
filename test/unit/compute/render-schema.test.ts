// What `render --schema` prints, beside what `render` takes: the same fields, the same defaults.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { RENDER_SCHEMA, render } from '../../../src/compute/render.ts';
import { decodeRenderInput } from '../../../src/compute/render-input.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
}

const schema: Schema = JSON.parse(readFileSync(RENDER_SCHEMA, 'utf8'));
const uuid = '11111111-2222-4333-8444-555555555555';
const port = { id: 'a', mac: 'fa:16:3e:00:00:01', bridge: 'br0', devname: 'tap0' };
const smallest = {
  flavor: { name: 'f', vcpus: 1, memory_mb: 64 },
  image: {},
  instance: { uuid },
  ports: [port],
};
/** Left out, these depend on others. */
const DEPENDENT = new Set(['settings.cpu_mode']);

type Node = Readonly<Record<string, unknown>>;

function fieldsOf(name: string): readonly (readonly [string, Schema])[] {
  const part = schema.properties?.[name];
  return Object.entries((part?.items ?? part)?.properties ?? {});
}

function withField(name: string, field: string, value: unknown): unknown {
  const whole: Node = smallest;
  if (name === 'ports') return { ...whole, ports: [{ ...port, [field]: value }] };
  return { ...whole, [name]: { ...((whole[name] as Node | undefined) ?? {}), [field]: value } };
}

for (const name of Object.keys(schema.properties ?? {})) {
  test(`${name}: the schema's defaults are what is taken for fields left out, and a field it has not is refused`, () => {
    const [read] = decodeRenderInput(smallest);
    assert.ok(read !== undefined);
    const part = (read as unknown as Readonly<Record<string, Node | readonly Node[]>>)[name];
    const values = (Array.isArray(part) ? part[0] : part) as Node;
    for (const [field, { default: expected, properties }] of fieldsOf(name)) {
      if (properties !== undefined || expected === undefined || DEPENDENT.has(`${name}.${field}`)) continue;
      assert.deepEqual(values[field], expected, `${name}.${field}`);
    }
    assert.throws(
      () => decodeRenderInput(withField(name, 'no_such_field', 1)),
      (error) => error instanceof Fault && error.code === 'RENDER_INPUT_INVALID',
    );
  });

  test(`${name}: each field of the schema is taken with each of its words and its default`, () => {
    for (const [field, { default: value, enum: words = [] }] of fieldsOf(name)) {
      const tried = value === undefined ? words : [value, ...words];
      for (const word of tried) assert.equal(decodeRenderInput(withField(name, field, word)).length, 1);
    }
  });
}

test('a description without what the schema requires is refused', () => {
  for (const name of schema.required ?? []) {
    const { [name as keyof typeof smallest]: _left, ...rest } = smallest;
    assert.throws(() => render(rest), new RegExp(name));
    for (const field of schema.properties?.[name]?.required ?? []) {
      const part = { ...(smallest[name as keyof typeof smallest] as Node) };
      delete (part as Record<string, unknown>)[field];
      assert.throws(() => render({ ...smallest, [name]: part }), new RegExp(field));
    }
  }
});
