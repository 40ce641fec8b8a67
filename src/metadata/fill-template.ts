// A text with holes: `{name}` stands for a value. A line with a hole that has no value is left out, and one with several
// values comes once for each. What stands between `#each NAME` and `#end` comes once for each group of that name.
import { Fault } from '../base/index.ts';

export type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

const HOLE = /\{(\w+)\}/g;

/** `groups`: the values of each part that is repeated. A hole or a group of a name that nobody knows is an `INTERNAL` fault. */
export function fillTemplate(template: string, groups: Readonly<Record<string, readonly Values[]>>): string {
  const out: string[] = [];
  let repeated: { readonly name: string; readonly lines: string[] } | undefined;
  for (const line of template.replace(/\n$/, '').split('\n')) {
    const [, name] = /^#each (\w+)$/.exec(line) ?? [];
    if (name !== undefined) repeated = { name, lines: [] };
    else if (line === '#end' && repeated !== undefined) {
      const { lines } = repeated;
      const all = groups[repeated.name] ?? unknown(repeated.name);
      out.push(...all.flatMap((values) => lines.flatMap((one) => fillLine(one, values))));
      repeated = undefined;
    } else if (repeated === undefined) out.push(...fillLine(line, {}));
    else repeated.lines.push(line);
  }
  return `${out.join('\n')}\n`;
}

function fillLine(line: string, values: Values): readonly string[] {
  const names = [...line.matchAll(HOLE)].map(([, name = '']) => name);
  const stray = names.find((name) => !Object.hasOwn(values, name));
  if (stray !== undefined) return unknown(stray);
  const lists = names.map((name) => [values[name] ?? []].flat());
  const count = lists.some((list) => list.length === 0)
    ? 0
    : Math.max(1, ...lists.map(({ length }) => length));
  return Array.from({ length: count }, (_, at) => {
    let next = 0;
    return line.replace(HOLE, () => {
      const list = lists[next++] ?? [];
      return list[Math.min(at, list.length - 1)] ?? '';
    });
  });
}

function unknown(name: string): never {
  throw new Fault('internal', 'INTERNAL', `The template names ${name}, which nothing gives`);
}
