// The shape of a guest's VLANs and bonds in a stored record.
import {
  anInteger,
  anObject,
  aString,
  byKind,
  listOf,
  oneOf,
  optional,
  type Place,
  type Shape,
  type ShapeOf,
} from '../base/index.ts';
import { BOND_MODES, type GuestLink, XMIT_HASH_POLICIES } from '../model/index.ts';
import { addressingShape } from './addressing-shape.ts';

const traits = {
  name: aString,
  mac: optional(aString),
  mtu: optional(anInteger),
  addressing: listOf(addressingShape),
};

/** A card's number, or a bond's name. */
function below(value: unknown, at: Place): number | string {
  return typeof value === 'number' ? anInteger(value, at) : aString(value, at);
}

const vlan = anObject({ kind: oneOf('vlan'), ...traits, vlanId: anInteger, over: below });
const bond = anObject({
  kind: oneOf('bond'),
  ...traits,
  members: listOf(anInteger),
  mode: oneOf(...BOND_MODES),
  miimon: optional(anInteger),
  xmitHashPolicy: optional(oneOf(...XMIT_HASH_POLICIES)),
});

type Stored = ShapeOf<typeof vlan> | ShapeOf<typeof bond>;

const stored: Shape<Stored> = byKind<Stored>({ vlan, bond });

/** What was left out is not there, rather than undefined. */
export const linkShape: Shape<GuestLink> = (value, at) => {
  const { mac, mtu, ...link } = stored(value, at);
  const given = { ...(mac === undefined ? {} : { mac }), ...(mtu === undefined ? {} : { mtu }) };
  if (link.kind === 'vlan') return { ...link, ...given };
  const { miimon, xmitHashPolicy, ...rest } = link;
  return {
    ...rest,
    ...given,
    ...(miimon === undefined ? {} : { miimon }),
    ...(xmitHashPolicy === undefined ? {} : { xmitHashPolicy }),
  };
};
