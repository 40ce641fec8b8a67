// Writes an element tree as text: the one place that escapes.
// Rules: XML 1.0 (fifth edition) §2.2 characters, §2.4 character data, §3.3.3 attribute-value normalization.
import { Fault } from '../base/index.ts';
import { type Element, isElement, type XmlNode } from './element.ts';

const NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_.·-]*(:[\p{L}_][\p{L}\p{M}\p{N}_.·-]*)?$/u;
// What XML 1.0 cannot hold, not even escaped: most control characters, lone surrogates, U+FFFE and U+FFFF.
const FORBIDDEN = /[^\t\n\r -\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/**
 * The text of an element, indented by two spaces, ending with a newline. An element that holds character data is
 * written without added white space, so that reading it back gives the same value.
 * Throws `XML_UNWRITABLE` for a name or a character that XML cannot hold.
 */
export function serializeXml(root: Element): string {
  return `${write(root, '')}\n`;
}

function write(node: Element, indent: string): string {
  const open = `${indent}<${checkName(node.name)}${attributes(node)}`;
  if (node.children.length === 0) return `${open}/>`;
  if (!node.children.every(isElement)) {
    return `${open}>${node.children.map(inline).join('')}</${node.name}>`;
  }
  const inner = node.children.map((child) => write(child, `${indent}  `)).join('\n');
  return `${open}>\n${inner}\n${indent}</${node.name}>`;
}

function inline(node: XmlNode): string {
  if (!isElement(node)) return escaped(node, /[&<>\r]/g);
  const open = `<${checkName(node.name)}${attributes(node)}`;
  if (node.children.length === 0) return `${open}/>`;
  return `${open}>${node.children.map(inline).join('')}</${node.name}>`;
}

function attributes(node: Element): string {
  return [...node.attributes]
    .map(([name, value]) => ` ${checkName(name)}="${escaped(value, /[&<>"\t\n\r]/g)}"`)
    .join('');
}

function escaped(text: string, what: RegExp): string {
  const bad = FORBIDDEN.exec(text);
  if (bad !== null) {
    const point = (bad[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw unwritable(`The character U+${point} in ${JSON.stringify(text.slice(0, 80))} cannot stand in XML`);
  }
  return text.replace(what, (character) => ESCAPES[character] ?? character);
}

function checkName(name: string): string {
  if (!NAME.test(name))
    throw unwritable(`${JSON.stringify(name.slice(0, 80))} is not a name that XML allows`);
  return name;
}

function unwritable(message: string): Fault {
  return new Fault('invalid', 'XML_UNWRITABLE', message, {
    hint: 'Take control characters out of names and values.',
  });
}
