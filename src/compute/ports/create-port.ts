// A port of its own name: its MAC address and its address, chosen as a launch chooses them.
import { isIP } from 'node:net';
import { Fault, newUuid } from '../../base/index.ts';
import type { AddressingRequest, NamedPort, NetworkRequest } from '../../model/index.ts';
import { findPlaces, planPorts } from '../plan-ports.ts';
import type { Tools } from '../tools.ts';
import { viewOf } from './port-view.ts';
import type { PortCreateRequest, PortView } from './requests.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Ports.create. */
export async function createPort(tools: Tools, request: PortCreateRequest): Promise<PortView> {
  const { name } = request;
  checkName(name);
  const card = cardOf(request);
  const [place] = await findPlaces(tools, { networks: [card] }, 'allocate', undefined);
  if (place === undefined) throw noPlace(name);
  const { store } = tools;
  const id = newUuid();
  return store.transaction(() => {
    const [port] = planPorts(tools, [place], { portId: id }, 'allocate');
    if (port === undefined) throw noPlace(name);
    const { mac, binding, fixedIps } = port;
    const named: NamedPort = { id, name, mac, binding, fixedIps, createdAt: new Date().toISOString() };
    store.ports.insert(named);
    return viewOf(named, new Map());
  });
}

function cardOf({ network, mac, address }: PortCreateRequest): NetworkRequest {
  return {
    ...(network === undefined ? {} : { network }),
    ...(mac === undefined ? {} : { mac }),
    ...(address === undefined ? {} : { addressing: [staticOf(address)] }),
  };
}

function staticOf(text: string): AddressingRequest {
  const [address = '', prefix, ...rest] = text.split('/');
  const isPrefix = prefix === undefined || /^\d{1,3}$/.test(prefix);
  if (isIP(address) === 0 || !isPrefix || rest.length > 0) {
    throw new Fault('invalid', 'NETWORK_REQUEST_INVALID', `"${text}" is no address for a port`, {
      hint: 'Write it as 192.0.2.10/24; without a prefix where the network keeps it.',
    });
  }
  return { kind: 'static', address, ...(prefix === undefined ? {} : { prefix: Number(prefix) }) };
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new Fault('invalid', 'PORT_NAME_INVALID', `"${name}" cannot be the name of a port`, {
    hint: 'Write at most 63 letters, digits, dots, dashes and underscores, a letter or digit first.',
  });
}

function noPlace(name: string): Fault {
  return new Fault('invalid', 'NETWORK_REQUEST_INVALID', `The port ${name} is to be on no network`, {
    hint: 'Name a libvirt network or a bridge, or leave it out for the managed network.',
  });
}
