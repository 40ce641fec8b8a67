// The part that EC2's readers know: `<version>/meta-data/…` as a tree, and `<version>/user-data`. Versions, and which keys
// each of them has, as in Nova 26 (nova.api.metadata); the three versions after those are what cloud-init asks for its network
// cards, and have EC2's `dynamic` besides.
import { anObject, aString, Fault, listOf, orElse, Place } from '../base/index.ts';
import { type Answer, bytesAnswer, NOT_FOUND, textAnswer } from './answer-shapes.ts';
import type { Documents } from './guest-records.ts';
import { branch, find, print, type Tree, treeOf } from './tree.ts';

/** Oldest first. */
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
const OF_DRIVES = '2009-04-04';
/** The documents of the last one serve all three. */
const NEWER_VERSIONS = ['2016-09-02', '2018-09-24', '2021-03-23'] as const;
const [NEWER] = NEWER_VERSIONS;
const NEWEST = '2021-03-23';

/** Keys that came later than the first version. */
const SINCE: Readonly<Record<string, string>> = {
  'local-hostname': '2007-01-19',
  'public-hostname': '2007-01-19',
  'public-ipv4': '2007-01-19',
  'instance-type': '2007-08-29',
  'block-device-mapping': '2007-12-15',
  'kernel-id': '2007-12-15',
  'ramdisk-id': '2007-12-15',
  placement: '2008-02-01',
  'instance-action': '2008-09-01',
};

/** What stands at `names`, which do not begin with `ec2`. */
export function answerEc2(documents: Documents, names: readonly string[]): Answer {
  const [asked, ...rest] = names;
  const versions = versionsOf(documents);
  if (asked === undefined) return textAnswer([...versions, 'latest'].join('\n'));
  const version = asked === 'latest' ? versions.at(-1) : versions.find((known) => known === asked);
  if (version === undefined) return NOT_FOUND;
  const userData = documents.get(`ec2/${OF_DRIVES}/user-data`);
  if (rest[0] === 'user-data') {
    return userData === undefined || rest.length > 1 ? NOT_FOUND : bytesAnswer(userData);
  }
  const found = find(treeFor(documents, version), rest);
  return found === undefined ? NOT_FOUND : textAnswer(print(found));
}

/** By version. A guest reads a tree leaf by leaf, and its documents are the same ones until a record changes. */
const TREES = new WeakMap<Documents, Map<string, Tree>>();

function treeFor(documents: Documents, version: string): Tree {
  const ofDocuments = TREES.get(documents) ?? new Map<string, Tree>();
  TREES.set(documents, ofDocuments);
  const known = ofDocuments.get(version);
  if (known !== undefined) return known;
  const hasUserData = documents.has(`ec2/${OF_DRIVES}/user-data`);
  const tree = branch({
    dynamic: isNewer(version) ? treeOf(jsonIn(documents, `ec2/${NEWEST}/dynamic.json`)) : undefined,
    'meta-data': metaData(documents, version),
    'user-data': hasUserData ? '' : undefined,
  });
  ofDocuments.set(version, tree);
  return tree;
}

/** Oldest first; `latest` is the last one. */
function versionsOf(documents: Documents): readonly string[] {
  return documents.has(`ec2/${NEWEST}/meta-data.json`) ? [...EC2_VERSIONS, ...NEWER_VERSIONS] : EC2_VERSIONS;
}

function isNewer(version: string): boolean {
  return version >= NEWER;
}

function metaData(documents: Documents, version: string): Tree | undefined {
  const newest = treeOf(jsonIn(documents, `ec2/${isNewer(version) ? NEWEST : OF_DRIVES}/meta-data.json`));
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
