import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import {
  attributeOf,
  type Element,
  element,
  find,
  parseXml,
  serializeXml,
  textElement,
  textOf,
} from '../../../src/libvirt-xml/index.ts';
import { canonical } from '../../golden/canonical.ts';

// Every character that XML can hold, the awkward ones often.
const character = fc.oneof(
  fc.constantFrom(
    '&',
    '<',
    '>',
    '"',
    "'",
    '\t',
    '\n',
    '\r',
    ' ',
    ']',
    ']]>',
    '\u{10FFFF}',
    '\uFFFD',
    '\u0085',
  ),
  fc
    .string({ unit: 'binary', maxLength: 3 })
    .filter((text) => /^[\t\n\r -\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u.test(text)),
);
const text = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(''));

test('any text and any attribute come back as they went in', () => {
  fc.assert(
    fc.property(text, text, (value, content) => {
      const read = parseXml(
        serializeXml(element('a', { v: value }, textElement('b', content))),
        'a document',
      );
      assert.equal(attributeOf(read, 'v'), value);
      assert.equal(textOf(find(read, 'b')) ?? '', content);
    }),
    { numRuns: 500 },
  );
});

const name = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,6}$/);
const attributes = fc.dictionary(name, text, { maxKeys: 3 });
const filled = text.filter((part) => part.trim() !== '');

function tree(depth: number): fc.Arbitrary<Element> {
  const leaf = fc
    .tuple(name, attributes, fc.option(filled))
    .map(([tag, set, inner]) => element(tag, set, inner));
  if (depth === 0) return leaf;
  const children = fc.array(tree(depth - 1), { maxLength: 4 });
  const branch = fc.tuple(name, attributes, children).map(([tag, set, inner]) => element(tag, set, inner));
  return fc.oneof(leaf, branch);
}

test('any tree comes back in the same order', () => {
  fc.assert(
    fc.property(tree(3), (root) => {
      assert.equal(canonical(parseXml(serializeXml(root), 'a document')), canonical(root));
    }),
    { numRuns: 300 },
  );
});

test('a character that XML cannot hold is refused, not dropped', () => {
  for (const bad of ['\0', '\x0B', '\x1B[31m', '\uFFFE', '\uD800']) {
    assert.throws(
      () => serializeXml(textElement('name', `x${bad}`)),
      (error) => isFault(error, 'XML_UNWRITABLE'),
    );
    assert.throws(
      () => serializeXml(element('a', { v: bad })),
      (error) => isFault(error, 'XML_UNWRITABLE'),
    );
  }
});

test('a name cannot carry markup', () => {
  for (const bad of ['a b', 'a><b', '', '1a', 'a:b:c', '-x']) {
    assert.throws(
      () => serializeXml(element(bad)),
      (error) => isFault(error, 'XML_UNWRITABLE'),
    );
    assert.throws(
      () => serializeXml(element('a', { [bad]: 'v' })),
      (error) => isFault(error, 'XML_UNWRITABLE'),
    );
  }
});

test('attributes and children that are not there leave no trace', () => {
  const built = element('a', { x: undefined, y: null, z: 0 }, null, undefined, false, [textElement('b', 1)]);
  assert.equal(serializeXml(built), '<a z="0">\n  <b>1</b>\n</a>\n');
});
