// All documents that a guest may read on a config drive, as path → bytes. Pure: the same input gives the same bytes.
// Whoever carries them (drive, metadata service) is no concern here.
import { EC2_VERSIONS, ec2MetaData } from './ec2.ts';
import { interfacesFile } from './interfaces-file.ts';
import { type Audience, type JsonValue, jsonFor, opaqueFor } from './json.ts';
import type { MetadataInput } from './metadata-input.ts';
import { networkData } from './network-data.ts';
import { contentName, has, NEWEST_VERSION, OPENSTACK_VERSIONS, openStackMetaData } from './openstack.ts';

/**
 * The documents: `openstack/<version>/…` and `ec2/<version>/…`, each version and `latest`, and `openstack/content/…`.
 * Throws `META_KEY_INVALID`, `META_VALUE_TOO_LONG`, `SSH_KEY_NAME_TWICE`, `RANDOM_SEED_INVALID` and
 * `METADATA_ADDRESS_INVALID`.
 */
export function metadataDocuments(input: MetadataInput): ReadonlyMap<string, Uint8Array> {
  const render = renderer('guest');
  return new Map(listDocuments(input).map(({ path, content }) => [path, render(content)]));
}

/** Documents by their paths, as a map has them. */
export type DocumentsByPath = Pick<ReadonlyMap<string, Uint8Array>, 'get' | 'has' | 'keys'>;

/** The same documents, each rendered when it is first asked for: who asks is mostly a guest that wants two of them. */
export function documentsOnDemand(input: MetadataInput, audience: Audience = 'guest'): DocumentsByPath {
  const render = renderer(audience);
  const contents = new Map(listDocuments(input).map(({ path, content }) => [path, content]));
  return {
    get: (path) => {
      const content = contents.get(path);
      return content === undefined ? undefined : render(content);
    },
    has: (path) => contents.has(path),
    keys: () => contents.keys(),
  };
}

type Content =
  | { readonly kind: 'json'; readonly value: JsonValue }
  /** What others wrote: user data and injected files, which may hold anything. */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array };

interface NamedContent {
  readonly path: string;
  readonly content: Content;
}

/** Contents that several versions share are rendered once, so that a carrier may store them once. */
function renderer(audience: Audience): (content: Content) => Uint8Array {
  const rendered = new Map<Content, Uint8Array>();
  return (content) => {
    const known = rendered.get(content);
    if (known !== undefined) return known;
    const bytes =
      content.kind === 'opaque'
        ? opaqueFor(audience, content.bytes)
        : Buffer.from(jsonFor(audience, content.value));
    rendered.set(content, bytes);
    return bytes;
  };
}

function listDocuments(input: MetadataInput): readonly NamedContent[] {
  return [...ec2Documents(input), ...openStackDocuments(input), ...contents(input)];
}

function ec2Documents(input: MetadataInput): readonly NamedContent[] {
  const metaData = json(ec2MetaData(input));
  const userData = opaque(input.userData?.reveal());
  return [...EC2_VERSIONS, 'latest'].flatMap((version) => [
    { path: `ec2/${version}/meta-data.json`, content: metaData },
    ...userData.map((content) => ({ path: `ec2/${version}/user-data`, content })),
  ]);
}

function openStackDocuments(input: MetadataInput): readonly NamedContent[] {
  const userData = opaque(input.userData?.reveal());
  const vendorData = json(input.vendorData ?? {});
  const vendorData2 = json({ static: input.vendorData ?? {} });
  const network = json(networkData(input.nics, input.links));
  const names = [
    ...OPENSTACK_VERSIONS.map((version) => ({ name: version, version })),
    { name: 'latest', version: NEWEST_VERSION },
  ];
  return names.flatMap(({ name, version }) => {
    const at = (file: string) => `openstack/${name}/${file}`;
    return [
      { path: at('meta_data.json'), content: json(openStackMetaData(input, version)) },
      ...userData.map((content) => ({ path: at('user_data'), content })),
      ...(has('2013-10-17', version) ? [{ path: at('vendor_data.json'), content: vendorData }] : []),
      ...(has('2015-10-15', version) ? [{ path: at('network_data.json'), content: network }] : []),
      ...(has('2016-10-06', version) ? [{ path: at('vendor_data2.json'), content: vendorData2 }] : []),
    ];
  });
}

/** The description of the network comes before the injected files, as Nova numbers them. */
function contents(input: MetadataInput): readonly NamedContent[] {
  const interfaces = interfacesFile(input);
  const all = [
    ...(interfaces === undefined ? [] : [Buffer.from(interfaces)]),
    ...(input.files ?? []).map(({ content }) => content),
  ];
  return all.map((bytes, at) => ({
    path: `openstack/content/${contentName(at)}`,
    content: { kind: 'opaque', bytes },
  }));
}

function json(value: JsonValue): Content {
  return { kind: 'json', value };
}

function opaque(bytes: Uint8Array | undefined): readonly Content[] {
  return bytes === undefined ? [] : [{ kind: 'opaque', bytes }];
}
