// The part that EC2's readers know: `<version>/meta-data/…` as a tree, and `<version>/user-data`. Versions, and which keys
// each of them has, as in Nova 26 (nova.api.metadata).
import { anObject, aString, Fault, listOf, orElse, Place } from '../base/index.ts';
import { type Answer, bytesAnswer, NOT_FOUND, textAnswer } from './answer-shapes.ts';
import type { Documents } from './guest-records.ts';
import { branch, find, print, type Tree, treeOf } from './tree.ts';

/** Oldest first; `latest` is the last one. */
export const EC2_VERSIONS = [
  '1.0',
  '2007-01-19',
  '2007-03-01',
  '2007-08-29',
  '2007-10-10',
  '2007-12-15',
  '2008-02-01',
  '2008-09-01',
  '2009-04-04',
] as const;

const [OLDEST] = EC2_VERSIONS;
const NEWEST = '2009-04-04';

/** Keys that came later than the first version. */
const SINCE: Readonly<Record<string, string>> = {
  'local-hostname': '2007-01-19',
  'public-hostname': '2007-01-19',
  'public-ipv4': '2007-01-19',
  'instance-type': '2007-08-29',
  'block-device-mapping': '2007-12-15',
  placement: '2008-02-01',
  'instance-action': '2008-09-01',
};

/** What stands at `names`, which do not begin with `ec2`. */
export function answerEc2(documents: Documents, names: readonly string[]): Answer {
  const [asked, ...rest] = names;
  if (asked === undefined) return textAnswer([...EC2_VERSIONS, 'latest'].join('\n'));
  const version = asked === 'latest' ? NEWEST : EC2_VERSIONS.find((known) => known === asked);
  if (version === undefined) return NOT_FOUND;
  const userData = documents.get(`ec2/${NEWEST}/user-data`);
  if (rest[0] === 'user-data') {
    return userData === undefined || rest.length > 1 ? NOT_FOUND : bytesAnswer(userData);
  }
  const top = branch({
    'meta-data': metaData(documents, version),
    'user-data': userData === undefined ? undefined : '',
  });
  const found = find(top, rest);
  return found === undefined ? NOT_FOUND : textAnswer(print(found));
}

function metaData(documents: Documents, version: string): Tree | undefined {
  const newest = treeOf(jsonIn(documents, `ec2/${NEWEST}/meta-data.json`));
  if (typeof newest === 'string') return undefined;
  const ofVersion = [...newest.children].filter(([name]) => (SINCE[name] ?? OLDEST) <= version);
  const children = ofVersion.map(
    ([name, inner]) => [name, name === 'public-keys' ? labelled(inner, keyNames(documents)) : inner] as const,
  );
  return { children: new Map(children) };
}

/** `public-keys/` lists `0=laptop`, and the key is at `public-keys/0/openssh-key`. */
function labelled(keys: Tree, names: readonly string[]): Tree {
  if (typeof keys === 'string') return keys;
  const children = [...keys.children].map(([index, key]) => {
    const label = `${index}=${names[Number(index)] ?? ''}`;
    return [index, typeof key === 'string' ? key : { ...key, label }] as const;
  });
  return { children: new Map(children) };
}

const keysShape = anObject({ keys: orElse(listOf(anObject({ name: aString })), []) });

/** EC2's document has the keys by number; their names are in OpenStack's, in the same order. */
function keyNames(documents: Documents): readonly string[] {
  const path = 'openstack/latest/meta_data.json';
  const place = new Place(path, damaged);
  const { keys } = keysShape(jsonIn(documents, path) ?? {}, place);
  return keys.map(({ name }) => name.replace(/\p{Cc}/gu, ' '));
}

function jsonIn(documents: Documents, path: string): unknown {
  const bytes = documents.get(path);
  return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
}

function damaged(where: string, problem: string): Fault {
  return new Fault('internal', 'METADATA_DOCUMENT_DAMAGED', `${where} ${problem}`);
}
