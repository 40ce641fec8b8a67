// The shape of a port's addressing in a stored record.
import {
  anInteger,
  anObject,
  aString,
  byKind,
  listOf,
  oneOf,
  optional,
  type Shape,
  type ShapeOf,
} from '../base/index.ts';
import type { Addressing } from '../model/index.ts';

const names = optional(listOf(aString));
const known = {
  gateway: optional(aString),
  routes: optional(listOf(anObject({ destination: aString, gateway: aString }))),
  dns: names,
};
const byRouter = { address: optional(aString), prefix: optional(anInteger), ...known };

const stored = {
  dhcp: anObject({ kind: oneOf('dhcp'), version: oneOf(4, 6), dns: names }),
  static: anObject({ kind: oneOf('static'), address: aString, prefix: anInteger, ...known }),
  slaac: anObject({ kind: oneOf('slaac'), ...byRouter }),
  'dhcpv6-stateless': anObject({ kind: oneOf('dhcpv6-stateless'), ...byRouter }),
  'dhcpv6-stateful': anObject({ kind: oneOf('dhcpv6-stateful'), ...byRouter }),
};

type Stored = { [K in keyof typeof stored]: ShapeOf<(typeof stored)[K]> }[keyof typeof stored];

const storedShape: Shape<Stored> = byKind<Stored>(stored);

export const addressingShape: Shape<Addressing> = (value, at) => withoutUndefined(storedShape(value, at));

/** What was left out is not there, rather than undefined. */
function withoutUndefined(entry: Stored): Addressing {
  const { dns, ...rest } = entry;
  const servers = dns === undefined ? {} : { dns };
  if (rest.kind === 'dhcp') return { ...rest, ...servers };
  const { gateway, routes, ...further } = rest;
  const ways = {
    ...(gateway === undefined ? {} : { gateway }),
    ...(routes === undefined ? {} : { routes }),
    ...servers,
  };
  if (further.kind === 'static') return { ...further, ...ways };
  const { kind, address, prefix } = further;
  const place = address === undefined || prefix === undefined ? {} : { address, prefix };
  return { kind, ...place, ...ways };
}
