// `networks:` and `ports:` of a manifest.
import { defined } from '../../base/index.ts';
import type { NetworkCreateRequest, PortCreateRequest } from '../../compute/index.ts';
import type { Spot } from './findings.ts';
import { aBody, aCount, aText, oneWordOf } from './readers.ts';
import type { Tree } from './tree.ts';

export const networkFields = {
  subnet: aText,
  forward: oneWordOf('nat', 'none'),
  domain: aText,
  mtu: aCount(68, 65_535),
};

const networkBody = aBody(networkFields);

export function readNetwork(name: string, tree: Tree, at: Spot): NetworkCreateRequest | undefined {
  const body = networkBody(tree, at);
  return body === undefined ? undefined : { name, ...defined(body) };
}

export const portFields = {
  network: aText,
  mac: aText,
  address: aText,
};

const portBody = aBody(portFields);

export function readPort(name: string, tree: Tree, at: Spot): PortCreateRequest | undefined {
  const body = portBody(tree, at);
  return body === undefined ? undefined : { name, ...defined(body) };
}
