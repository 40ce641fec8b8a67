// A document that is read name by name, as EC2's meta-data is: names, and text at the ends of the ways.

export type Tree = string | { readonly children: ReadonlyMap<string, Tree>; readonly label?: string };

/** A branch; those that are undefined are not there. `label` is how it is listed instead of its name. */
export function branch(entries: Readonly<Record<string, Tree | undefined>>, label?: string): Tree {
  const there = Object.entries(entries).flatMap(([name, tree]) =>
    tree === undefined ? [] : [[name, tree] as const],
  );
  return { children: new Map(there), ...(label === undefined ? {} : { label }) };
}

/** From a JSON value: objects are branches, lists are lines of text. */
export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map((item: unknown) => text(item)).join('\n');
  if (typeof value !== 'object' || value === null) return text(value);
  return { children: new Map(Object.entries(value).map(([name, inner]) => [name, treeOf(inner)])) };
}

/** Undefined where the way ends before its last name. */
export function find(tree: Tree, names: readonly string[]): Tree | undefined {
  let here: Tree | undefined = tree;
  for (const name of names) {
    if (here === undefined || typeof here === 'string') return undefined;
    here = here.children.get(name);
  }
  return here;
}

/** The text itself, or the names of a branch in order, one a line; a name with more beneath it ends with a slash. */
export function print(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  const names = [...tree.children].sort(([a], [b]) => (a < b ? -1 : 1));
  return names.map(([name, inner]) => listed(name, inner)).join('\n');
}

function listed(name: string, inner: Tree): string {
  if (typeof inner === 'string') return name;
  return inner.label ?? `${name}/`;
}

function text(value: unknown): string {
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value);
}
