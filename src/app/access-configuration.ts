// The part of the configuration file that says who may reach into guests, how that is recorded, and how the SSH gateway
// listens: the keys `subjects`, `audit` and `ssh_gateway`. Decoded with the rest of the file (configuration-file.ts).
import {
  type AccessSettings,
  DEFAULT_ACCESS,
  type Grant,
  LOCAL,
  PRIVILEGES,
  type Subject,
} from '../audit/index.ts';
import {
  aBoolean,
  anExactObject,
  anIntegerFrom,
  aStringLike,
  listOf,
  MIB,
  mapOf,
  oneOf,
  optional,
  orElse,
  type Place,
  type Shape,
  type ShapeOf,
} from '../base/index.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from '../ssh-gateway/index.ts';
import { DEFAULT_GATEWAY, type GatewaySettings } from './gateway-settings.ts';

const aName = aStringLike(
  /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/,
  'may hold letters, digits, dot, dash, underscore and @ only, at most 64',
);

const grant = anExactObject({
  instances: aFullList(
    aStringLike(/^(tag:)?[A-Za-z0-9_.*-]{1,128}$/, 'is not a name, a pattern with * or tag:NAME'),
  ),
  privileges: aFullList(oneOf(...PRIVILEGES)),
  guest_users: optional(
    aFullList(aStringLike(/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$/, 'is not the name of a user')),
  ),
});

const subject = anExactObject({
  keys: orElse(listOf(aStringLike(/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n\r]*)?$/, 'is not a public key')), []),
  grants: listOf(grant),
});

const count = (most: number) => optional(anIntegerFrom(1, most));

/** The shapes of the three keys, to be members of the file's document. */
export const accessShape = {
  subjects: optional(mapOf(subject, aName)),
  audit: optional(
    anExactObject({
      arguments: optional(aBoolean),
      rotate_mib: optional(anIntegerFrom(1, 1_048_576)),
      keep: optional(anIntegerFrom(0, 1000)),
    }),
  ),
  ssh_gateway: optional(
    anExactObject({
      listen: optional(
        aStringLike(/^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+):\d{1,5}$/, 'is not an ADDRESS:PORT'),
      ),
      host_key_dir: optional(aStringLike(/^\//, 'is not an absolute path')),
      rsa_host_key: optional(aBoolean),
      accept_env: optional(
        listOf(aStringLike(/^[A-Za-z_][A-Za-z0-9_*]{0,63}$/, 'is not the name of a variable')),
      ),
      limits: optional(
        anExactObject({
          connections: count(100_000),
          connections_per_source: count(100_000),
          logins_per_source: count(100_000),
          sessions: count(100_000),
          sessions_per_subject: count(100_000),
          channels_per_connection: count(10_000),
          connections_per_second: count(100_000),
          auth_attempts: count(100),
          handshake_timeout: count(3600),
          idle_timeout: count(31_536_000),
          buffer_kib: optional(anIntegerFrom(64, 1_048_576)),
        }),
      ),
    }),
  ),
};

type AccessDocument = { readonly [K in keyof typeof accessShape]: ShapeOf<(typeof accessShape)[K]> };

/** Settings of what the file says; defaults for what it does not. `at` is the place of the whole document. */
export function toAccessSettings(data: AccessDocument, at: Place): AccessSettings {
  const { rotate_mib: rotateMiB, keep, arguments: withArguments } = data.audit ?? {};
  const { audit } = DEFAULT_ACCESS;
  return {
    audit: {
      arguments: withArguments ?? audit.arguments,
      rotateBytes: rotateMiB === undefined ? audit.rotateBytes : rotateMiB * MIB,
      keep: keep ?? audit.keep,
    },
    subjects: toSubjects(data.subjects ?? {}, at.member('subjects')),
  };
}

export function toGatewaySettings(data: AccessDocument, at: Place): GatewaySettings {
  const given = data.ssh_gateway;
  const listen = given?.listen;
  const { host, port } =
    listen === undefined ? DEFAULT_GATEWAY : toAddress(listen, at.member('ssh_gateway').member('listen'));
  return {
    host,
    port,
    hostKeyDir: given?.host_key_dir ?? null,
    rsaHostKey: given?.rsa_host_key ?? DEFAULT_GATEWAY.rsaHostKey,
    acceptEnv: given?.accept_env ?? DEFAULT_GATEWAY.acceptEnv,
    limits: toLimits(given?.limits ?? {}),
  };
}

type LimitsDocument = NonNullable<NonNullable<AccessDocument['ssh_gateway']>['limits']>;

function toLimits(given: Partial<LimitsDocument>): GatewayLimits {
  const bufferKiB = given.buffer_kib;
  const connections = given.connections ?? DEFAULT_LIMITS.connections;
  return {
    connections,
    connectionsPerSource: given.connections_per_source ?? Math.ceil(connections / 2),
    loginsPerSource: given.logins_per_source ?? Math.ceil(connections / 8),
    sessions: given.sessions ?? DEFAULT_LIMITS.sessions,
    sessionsPerSubject: given.sessions_per_subject ?? DEFAULT_LIMITS.sessionsPerSubject,
    channelsPerConnection: given.channels_per_connection ?? DEFAULT_LIMITS.channelsPerConnection,
    connectionsPerSecond: given.connections_per_second ?? DEFAULT_LIMITS.connectionsPerSecond,
    authAttempts: given.auth_attempts ?? DEFAULT_LIMITS.authAttempts,
    handshakeS: given.handshake_timeout ?? DEFAULT_LIMITS.handshakeS,
    idleS: given.idle_timeout ?? DEFAULT_LIMITS.idleS,
    bufferBytes: bufferKiB === undefined ? DEFAULT_LIMITS.bufferBytes : bufferKiB * 1024,
  };
}

function toSubjects(data: NonNullable<AccessDocument['subjects']>, at: Place): Subject[] {
  return Object.entries(data).map(([name, { keys, grants }]) => {
    if (name === LOCAL.name) at.member(name).refuse('is built in and may everything; choose another name');
    return { name, keys, grants: grants.map(toGrant) };
  });
}

function toGrant(data: ShapeOf<typeof grant>): Grant {
  return {
    instances: data.instances,
    privileges: data.privileges,
    guestUsers: data.guest_users ?? null,
  };
}

function toAddress(text: string, at: Place): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (port > 65_535) at.refuse('has a port above 65535');
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port };
}

/** A list with something in it: an empty one would grant nothing, silently. */
function aFullList<T>(shape: Shape<T>): Shape<readonly T[]> {
  const list = listOf(shape);
  return (value, at) => {
    const given = list(value, at);
    return given.length > 0 ? given : at.refuse('is empty');
  };
}
