// What a guest is told of a card's addresses: words for the script, a file for systemd-networkd, properties for
// NetworkManager. Pure. Rules: systemd.network(5), nm-settings-nmcli(5).
import { isIPv4 } from 'node:net';
import type { Addressing, Port, Route } from '../../model/index.ts';

type Static = Extract<Addressing, { kind: 'static' }>;

/** systemd-networkd's own is 1024: a default route of DHCP stands behind those that the guest has. */
const LATER_METRIC = 2048;

export interface InsideWords {
  readonly words: readonly string[];
  /** The whole file. */
  readonly networkd: string;
  /** Names and values in turn. */
  readonly networkManager: readonly string[];
}

export function insideWords(port: Port): InsideWords {
  return { words: scriptWords(port), networkd: networkdFile(port), networkManager: properties(port) };
}

function scriptWords({ addressing, mtu, isMtuChosen }: Port): readonly string[] {
  const words = addressing.flatMap((one) => {
    if (one.kind === 'dhcp') return [`dhcp${one.version}`];
    if (one.kind === 'dhcpv6-stateful') return ['dhcp6'];
    if (one.kind !== 'static') return []; // the kernel listens to routers by itself
    return [
      `address=${one.address}/${one.prefix}`,
      ...routesOf(one).map(({ destination, gateway }) => `route=${destination}@${gateway}`),
    ];
  });
  return mtu !== null && isMtuChosen ? [`mtu=${mtu}`, ...words] : words;
}

function networkdFile({ mac, addressing, mtu, isMtuChosen }: Port): string {
  const statics = staticOnes(addressing);
  const routes = statics.flatMap(routesOf);
  const sections = [
    `[Match]\nMACAddress=${mac}\n`,
    ...(mtu !== null && isMtuChosen ? [`[Link]\nMTUBytes=${mtu}\n`] : []),
    [
      '[Network]',
      `DHCP=${dhcpWord(addressing)}`,
      `IPv6AcceptRA=${listensToRouters(addressing) ? 'yes' : 'no'}`,
      ...statics.map(({ address, prefix }) => `Address=${address}/${prefix}`),
      ...serversOf(addressing).map((server) => `DNS=${server}`),
      '',
    ].join('\n'),
    ...(asksDhcp(addressing, 4) ? [`[DHCPv4]\nRouteMetric=${LATER_METRIC}\n`] : []),
    ...routes.map(({ destination, gateway }) => `[Route]\nDestination=${destination}\nGateway=${gateway}\n`),
  ];
  return sections.join('\n');
}

function properties({ mac, addressing, mtu, isMtuChosen }: Port): readonly string[] {
  return [
    ...['802-3-ethernet.mac-address', mac],
    ...(mtu !== null && isMtuChosen ? ['802-3-ethernet.mtu', String(mtu)] : []),
    ...family(addressing, 4),
    ...family(addressing, 6),
  ];
}

function family(addressing: readonly Addressing[], version: 4 | 6): readonly string[] {
  const statics = staticOnes(addressing).filter(({ address }) => isIPv4(address) === (version === 4));
  const servers = serversOf(addressing).filter((server) => isIPv4(server) === (version === 4));
  const routes = statics.flatMap(routesOf).map(({ destination, gateway }) => `${destination} ${gateway}`);
  const list = (name: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`ipv${version}.${name}`, values.join(',')];
  return [
    ...[`ipv${version}.method`, methodOf(addressing, version)],
    ...list(
      'addresses',
      statics.map(({ address, prefix }) => `${address}/${prefix}`),
    ),
    ...list('routes', routes),
    ...list('dns', servers),
  ];
}

function methodOf(addressing: readonly Addressing[], version: 4 | 6): string {
  if (asksDhcp(addressing, version) || (version === 6 && listensToRouters(addressing))) return 'auto';
  const hasStatic = staticOnes(addressing).some(({ address }) => isIPv4(address) === (version === 4));
  return hasStatic ? 'manual' : 'disabled';
}

function staticOnes(addressing: readonly Addressing[]): readonly Static[] {
  return addressing.filter((one): one is Static => one.kind === 'static');
}

/** The default route is one of them. */
function routesOf({ address, gateway, routes = [] }: Static): readonly Route[] {
  if (gateway === undefined) return routes;
  return [{ destination: isIPv4(address) ? '0.0.0.0/0' : '::/0', gateway }, ...routes];
}

function serversOf(addressing: readonly Addressing[]): readonly string[] {
  return [...new Set(addressing.flatMap(({ dns = [] }) => dns))];
}

function asksDhcp(addressing: readonly Addressing[], version: 4 | 6): boolean {
  return addressing.some((one) => one.kind === 'dhcp' && one.version === version);
}

function dhcpWord(addressing: readonly Addressing[]): string {
  if (asksDhcp(addressing, 4)) return asksDhcp(addressing, 6) ? 'yes' : 'ipv4';
  return asksDhcp(addressing, 6) ? 'ipv6' : 'no';
}

/** Also DHCPv6 but for a static address begins with a router's word. */
function listensToRouters(addressing: readonly Addressing[]): boolean {
  return addressing.some((one) => one.kind !== 'static' && !(one.kind === 'dhcp' && one.version === 4));
}
