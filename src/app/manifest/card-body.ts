// A network card in `networks:` of an instance: a name alone, or a map. And what a guest makes of its cards: VLANs and bonds.
import { defined } from '../../base/index.ts';
import { BOND_MODES, type LinkRequest, type NetworkRequest, XMIT_HASH_POLICIES } from '../../model/index.ts';
import { addressingFields, addressingOf } from './addressing-body.ts';
import {
  aBody,
  aCount,
  aText,
  aTextLike,
  aWord,
  oneOrMore,
  oneWordOf,
  type Reads,
  requireKey,
} from './readers.ts';

const MOST_CARDS = 15;
const aMtu = aCount(68, 65_535);
const aCardNumber = aCount(0, MOST_CARDS);

export const cardFields = {
  port: aText,
  network: aText,
  mac: aText,
  mtu: aMtu,
  ...addressingFields,
};

const cardBody = aBody(cardFields);

export const aCard: Reads<NetworkRequest> = (tree, at) => {
  if (tree.kind === 'scalar' && typeof tree.value === 'string') return { network: tree.value };
  const body = cardBody(tree, at);
  if (body === undefined) return undefined;
  const { port, network, mac, mtu } = body;
  return defined({ port, network, mac, mtu, addressing: addressingOf(body, at) });
};

export const vlanFields = {
  id: aCount(1, 4094),
  on: aTextLike(/^(\d{1,2}|[a-z][a-z0-9._-]*)$/, 'is not the number of a card, nor the name of a bond'),
  name: aWord,
  mac: aText,
  mtu: aMtu,
  ...addressingFields,
};

const vlanBody = aBody(vlanFields);

/** Over the first card where nothing else is said. */
export const aVlan: Reads<LinkRequest> = (tree, at) => {
  const body = vlanBody(tree, at);
  if (body === undefined) return undefined;
  const { id: vlanId, on = '0', name, mac, mtu } = body;
  const addressing = addressingOf(body, at);
  if (vlanId === undefined) return requireKey(tree, at, 'id', ', as in id: 7');
  const over = /^\d/.test(on) ? Number(on) : on;
  return { kind: 'vlan', vlanId, over, ...defined({ name, mac, mtu, addressing }) };
};

export const bondFields = {
  name: aWord,
  on: oneOrMore(aCardNumber),
  mode: oneWordOf(...BOND_MODES),
  miimon: aCount(1, 60_000),
  hash: oneWordOf(...XMIT_HASH_POLICIES),
  mac: aText,
  mtu: aMtu,
  ...addressingFields,
};

const bondBody = aBody(bondFields);

export const aBond: Reads<LinkRequest> = (tree, at) => {
  const body = bondBody(tree, at);
  if (body === undefined) return undefined;
  const { name, on: members, mode = 'active-backup', miimon, hash: xmitHashPolicy, mac, mtu } = body;
  const addressing = addressingOf(body, at);
  if (name === undefined) return requireKey(tree, at, 'name');
  if (members === undefined) return requireKey(tree, at, 'on', ', the numbers of its cards');
  return {
    kind: 'bond',
    name,
    members,
    mode,
    ...defined({ miimon, xmitHashPolicy, mac, mtu, addressing }),
  };
};
