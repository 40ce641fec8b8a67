// The part of the configuration file that says how the metadata service listens: the key `metadata`. Decoded with the rest
// of the file (configuration-file.ts).
import {
  aBoolean,
  anExactObject,
  anIntegerFrom,
  aStringLike,
  optional,
  type Place,
  type ShapeOf,
} from '../../base/index.ts';
import { DEFAULT_METADATA, DEFAULT_PROJECT, type MetadataSettings } from './settings.ts';

const aHost = aStringLike(/^[0-9A-Za-z.:-]{1,253}$/, 'is not an address or a name');

/** The shape of the key, to be a member of the file's document. */
export const metadataShape = {
  metadata: optional(
    anExactObject({
      port: optional(anIntegerFrom(1, 65_535)),
      ipv6: optional(aBoolean),
      proxy: optional(
        anExactObject({
          host: optional(aHost),
          port: optional(anIntegerFrom(1, 65_535)),
          project: optional(aStringLike(/^[\x21-\x7e]{1,64}$/, 'is not a project')),
          shared_secret_file: aStringLike(/^\//, 'is not an absolute path'),
        }),
      ),
    }),
  ),
};

type MetadataDocument = { readonly [K in keyof typeof metadataShape]: ShapeOf<(typeof metadataShape)[K]> };

/** Settings of what the file says; defaults for what it does not. `at` is the place of the whole document. */
export function toMetadataSettings({ metadata: given }: MetadataDocument, at: Place): MetadataSettings {
  const { port = DEFAULT_METADATA.port, ipv6 = DEFAULT_METADATA.ipv6, proxy } = given ?? {};
  if (proxy === undefined) return { port, ipv6, proxy: null };
  const {
    host = PROXY_HOST,
    port: proxyPort = DEFAULT_METADATA.port,
    shared_secret_file: secretFile,
    project = DEFAULT_PROJECT,
  } = proxy;
  const isEverywhere = host === '0.0.0.0' || host === '::';
  if (isEverywhere && proxyPort === port) {
    at.member('metadata')
      .member('proxy')
      .member('port')
      .refuse(`is that of the guests' door, on all addresses`);
  }
  return { port, ipv6, proxy: { host, port: proxyPort, secretFile, project } };
}

const PROXY_HOST = '127.0.0.1';
