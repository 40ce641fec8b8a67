// A cloud-config before it is sent: YAML, a map, keys that cloud-init knows, each with the sort of value that it takes.
// What the values hold is not looked at.
import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import type { Fault } from '../../base/index.ts';
import { nearestName } from '../../model/index.ts';
import { CLOUD_CONFIG_KEYS, type ValueSort } from './cloud-config-keys.ts';
import type { UserDataPart } from './part.ts';
import { problem, type Spot, shownName } from './problem.ts';
import { readYaml, type YamlText } from './read-yaml.ts';

const SORT_WORDS: Readonly<Record<ValueSort, string>> = {
  list: 'a list',
  map: 'a map',
  scalar: 'a single value',
};

/** Throws `USER_DATA_NOT_YAML`; gives everything else that is wrong, in the order of its lines. */
export function checkCloudConfig(part: UserDataPart): readonly Fault[] {
  const yaml = readYaml(part);
  const { root } = yaml;
  if (root === null || (isScalar(root) && root.value === null)) return []; // only comments: does nothing, harms nothing
  if (!isMap(root)) return [noMap(yaml.spot(root))];
  const problems: Fault[] = [];
  for (const { key, value } of root.items) {
    const entry = { key, value, isFirst: problems.length === 0 };
    problems.push(...checkEntry(yaml, entry));
  }
  return problems;
}

/** A cloud-config-archive: a list of parts, each of which cloud-init looks at by itself. */
export function checkArchive(part: UserDataPart): readonly Fault[] {
  const yaml = readYaml(part);
  const { root } = yaml;
  if (!isSeq(root))
    return [noList(root === null ? { file: part.source, line: part.firstLine } : yaml.spot(root))];
  return root.items.flatMap((item) => {
    const node = yaml.resolve(item);
    const isText = isScalar(node) && typeof node.value === 'string';
    return isText || isMap(node) ? [] : [noEntry(yaml.spot(item))];
  });
}

/** A list of JSON patches, in JSON or YAML. */
export function checkPatches(part: UserDataPart): readonly Fault[] {
  const yaml = readYaml(part);
  const { root } = yaml;
  return isSeq(root)
    ? []
    : [noList(root === null ? { file: part.source, line: part.firstLine } : yaml.spot(root))];
}

interface Entry {
  readonly key: ParsedNode;
  readonly value: ParsedNode | null;
  /** Only the first problem is told in full. */
  readonly isFirst: boolean;
}

function checkEntry(yaml: YamlText, { key: keyNode, value: valueNode, isFirst }: Entry): readonly Fault[] {
  if (isScalar(keyNode) && keyNode.source === '<<') return []; // merges a map in: what is in it is not followed
  const key = isScalar(keyNode) && typeof keyNode.value === 'string' ? keyNode.value : undefined;
  const sorts = key === undefined ? undefined : CLOUD_CONFIG_KEYS.get(key);
  if (sorts === undefined) return [unknownKey(yaml.spot(keyNode), key, isFirst)];
  const sort = sortOf(yaml.resolve(valueNode));
  if (key === undefined || sort === undefined || sorts.length === 0 || sorts.includes(sort)) return [];
  return [wrongSort(yaml.spot(keyNode), { key, sort, sorts })];
}

/** Undefined for nothing at all, which cloud-init takes as if the key were not there. */
function sortOf(node: unknown): ValueSort | undefined {
  if (isMap(node)) return 'map';
  if (isSeq(node)) return 'list';
  return isScalar(node) && node.value !== null ? 'scalar' : undefined;
}

function unknownKey(spot: Spot, key: string | undefined, isFirst: boolean): Fault {
  const near = key === undefined || !isFirst ? undefined : nearestName(key, CLOUD_CONFIG_KEYS.keys());
  return problem('invalid', 'USER_DATA_KEY_UNKNOWN', {
    spot,
    what: key === undefined ? 'this key is no name' : `cloud-init knows no key ${shownName(key)}`,
    hint:
      near === undefined
        ? 'Its keys are in the documentation of cloud-init, under modules; --no-validate passes any.'
        : `Did you mean ${near}? --no-validate passes any key.`,
  });
}

function wrongSort(
  spot: Spot,
  {
    key,
    sort,
    sorts,
  }: { readonly key: string; readonly sort: ValueSort; readonly sorts: readonly ValueSort[] },
): Fault {
  return problem('invalid', 'USER_DATA_INVALID', {
    spot,
    what: `${key} is ${SORT_WORDS[sort]}, and cloud-init wants ${sorts.map((name) => SORT_WORDS[name]).join(' or ')}`,
    hint:
      sorts.includes('list') && sort === 'scalar'
        ? `Write ${key}: [VALUE]`
        : 'Correct it, or pass --no-validate.',
  });
}

function noMap(spot: Spot): Fault {
  return problem('invalid', 'USER_DATA_INVALID', {
    spot,
    what: 'a cloud-config is a map of keys and values, and this is none',
    hint: 'Write KEY: VALUE, with a blank behind the colon.',
  });
}

function noList(spot: Spot): Fault {
  return problem('invalid', 'USER_DATA_INVALID', {
    spot,
    what: 'a list was to come here',
    hint: 'Begin each entry with "- ".',
  });
}

function noEntry(spot: Spot): Fault {
  return problem('invalid', 'USER_DATA_INVALID', {
    spot,
    what: 'an entry of an archive is a text, or a map with type and content',
    hint: 'Write - {type: text/x-shellscript, content: "…"}',
  });
}
