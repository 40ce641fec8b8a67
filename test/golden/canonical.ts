// The meaning of an XML element as text: attributes sorted, layout gone, order of elements kept.
import { type Element, isElement, type XmlNode } from '../../src/libvirt-xml/index.ts';

export function canonical(root: Element): string {
  return lines(root, '').join('\n');
}

function lines(node: XmlNode, indent: string): readonly string[] {
  if (!isElement(node)) return [`${indent}${JSON.stringify(node)}`];
  const attributes = [...node.attributes].map(([name, value]) => `${name}=${JSON.stringify(value)}`).toSorted();
  const inner = node.children.flatMap((child) => lines(child, `${indent}  `));
  return [`${indent}<${[node.name, ...attributes].join(' ')}>`, ...inner];
}
