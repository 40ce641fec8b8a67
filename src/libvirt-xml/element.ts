// An XML element as a plain value, and how to read one. Order is kept everywhere; namespaces are prefixes as written.
// Knows nothing of libvirt.

export interface Element {
  /** As written, with its prefix: `nova:instance`. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Elements and character data in document order. */
  readonly children: readonly XmlNode[];
}

export type XmlNode = Element | string;

type AttributeValue = string | number | undefined | null;
type Child = XmlNode | readonly XmlNode[] | undefined | null | false;

/** Makes an element. Attributes and children that are undefined, null or false are left out; arrays are spread. */
export function element(
  name: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  ...children: readonly Child[]
): Element {
  const kept = new Map<string, string>();
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) kept.set(key, String(value));
  }
  return { name, attributes: kept, children: children.flatMap(present) };
}

/** An element that holds nothing but text. */
export function textElement(name: string, text: string | number): Element {
  return element(name, {}, String(text));
}

function present(child: Child): readonly XmlNode[] {
  if (child === undefined || child === null || child === false) return [];
  return typeof child === 'string' || !isList(child) ? [child] : child;
}

function isList(child: XmlNode | readonly XmlNode[]): child is readonly XmlNode[] {
  return Array.isArray(child);
}

export function isElement(node: XmlNode): node is Element {
  return typeof node !== 'string';
}

/** The child elements, all or those of one name. */
export function childElements(parent: Element, name?: string): readonly Element[] {
  return parent.children.filter(isElement).filter((child) => name === undefined || child.name === name);
}

/** The first element reached by following `path` downwards, or undefined. */
export function find(parent: Element, ...path: readonly string[]): Element | undefined {
  let here: Element | undefined = parent;
  for (const name of path) {
    if (here === undefined) return undefined;
    here = childElements(here, name)[0];
  }
  return here;
}

/** The character data directly inside an element, or undefined when there is no such element. */
export function textOf(node: Element | undefined): string | undefined {
  return node?.children.filter((child) => !isElement(child)).join('');
}

export function attributeOf(node: Element | undefined, name: string): string | undefined {
  return node?.attributes.get(name);
}
