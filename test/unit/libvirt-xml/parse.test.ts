import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { childElements, find, isElement, parseXml, textOf } from '../../../src/libvirt-xml/index.ts';

const fails = (text: string, code: string) =>
  assert.throws(
    () => parseXml(text, 'the document'),
    (error) => isFault(error, code),
    text.slice(0, 60),
  );

test('devices of different kinds keep their order', () => {
  const devices = parseXml('<devices><disk n="1"/><interface/><disk n="2"/></devices>', 'devices');
  assert.deepEqual(
    childElements(devices).map((device) => device.name),
    ['disk', 'interface', 'disk'],
  );
});

test('numbers, booleans and spaces stay text', () => {
  const root = parseXml('<a x="007"><b>true</b><c> 1.0 </c><d> </d></a>', 'a document');
  assert.equal(root.attributes.get('x'), '007');
  assert.deepEqual(
    ['b', 'c', 'd'].map((name) => textOf(find(root, name))),
    ['true', ' 1.0 ', ' '],
  );
});

test('names that objects have by nature are ordinary names', () => {
  const root = parseXml(
    '<__proto__ constructor="c"><toString/><__text__>t</__text__><_/></__proto__>',
    'a document',
  );
  assert.equal(root.name, '__proto__');
  assert.equal(root.attributes.get('constructor'), 'c');
  assert.deepEqual(
    root.children.filter(isElement).map((child) => child.name),
    ['toString', '__text__', '_'],
  );
});

test('what is not well-formed is named a corrupt document', () => {
  const broken = [
    '',
    'x',
    '<a',
    '<a></b>',
    '<a/>rest',
    '<a/><b/>',
    '<a>&unknown;</a>',
    '<a b=c/>',
    '<a><!DOCTYPE b></a>',
  ];
  for (const text of broken) fails(text, 'XML_MALFORMED');
});

test('a document type is refused before anything in it is looked at', () => {
  const bomb = '<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>';
  for (const before of ['', '<?xml version="1.0"?>\n', '<!-- a --><!-- b -->', '\uFEFF <?pi ??>']) {
    fails(before + bomb, 'XML_REFUSED');
  }
});

test('depth and size have limits', () => {
  fails('<a>'.repeat(65) + '</a>'.repeat(65), 'XML_REFUSED');
  fails('<a>'.repeat(20_000) + '</a>'.repeat(20_000), 'XML_REFUSED');
  fails(`<a>${'x'.repeat(9 * 1024 * 1024)}</a>`, 'XML_REFUSED');
  assert.equal(parseXml('<a>'.repeat(64) + '</a>'.repeat(64), 'a document').name, 'a');
  const limits = { maxLength: 10, maxDepth: 2 };
  assert.throws(
    () => parseXml('<a><b><c/></b></a>', 'it', limits),
    (error) => isFault(error, 'XML_REFUSED'),
  );
});
