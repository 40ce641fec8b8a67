// Has the guest give a new card its addresses, and hears what came of it. All through the agent; what it says is outside data.
import { asFault, Fault } from '../../base/index.ts';
import type { Instance, Port } from '../../model/index.ts';
import type { ActOptions, ExecResult } from '../compute.ts';
import { execInGuest } from '../guest-actions.ts';
import { isWindows } from '../roads.ts';
import type { Tools } from '../tools.ts';
import { INSIDE_SCRIPT } from './inside-script.ts';
import { insideWords } from './inside-words.ts';
import type { InsideView } from './requests.ts';

/** For the guest's kernel to find the card, and for its addresses. */
const APPEAR_S = 30;
const ADDRESSES_S = 60;
/** What the programs of the guest take besides; all of it is killed then. */
const WHOLE_MS = 180_000;
const MOST_OUTPUT = 16 * 1024;
const MOST_ADDRESSES = 64;

/** Throws only when the caller asks to stop. */
export async function configureInside(
  tools: Tools,
  instance: Instance,
  port: Port,
  { signal }: ActOptions,
): Promise<InsideView> {
  if (isWindows(instance)) return { kind: 'left' }; // it asks DHCP by itself
  const { words, networkd, networkManager } = insideWords(port);
  const argv = [
    ...['/bin/sh', '-c', INSIDE_SCRIPT, 'novalet-interface'],
    ...[port.mac, String(APPEAR_S), String(ADDRESSES_S), networkd],
    ...words,
    '--',
    ...networkManager,
  ];
  const request = { argv, via: 'agent', timeoutMs: WHOLE_MS, maxOutputBytes: MOST_OUTPUT } as const;
  const reach = {
    privilege: 'exec',
    what: 'configureInterface',
    target: port.mac,
    guestUser: 'root',
  } as const;
  try {
    const result = await tools.reaches.made(
      instance,
      reach,
      async () => await execInGuest(tools, instance, request, { signal }),
      ({ exitCode, signal: killer, via }) => ({ exitCode, signal: killer, via }),
    );
    return readInside(result, instance, port);
  } catch (error) {
    const fault = asFault(error);
    if (fault.kind === 'cancelled') throw fault;
    return { kind: 'failed', fault };
  }
}

/** Pure: what the script's end means. */
export function readInside(
  { exitCode, stdout }: Pick<ExecResult, 'exitCode' | 'stdout'>,
  instance: Instance,
  port: Port,
): InsideView {
  const lines = stdout.toString('utf8').split('\n');
  const said = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1, 256)] : []));
  const addresses = said('address').slice(0, MOST_ADDRESSES);
  const name = said('name')[0] ?? port.mac;
  if (exitCode === 0) return { kind: 'configured', name, by: said('by')[0] ?? '', addresses };
  const details = { mac: port.mac, addresses: addresses.join(' '), exitCode: exitCode ?? -1 };
  return { kind: 'failed', fault: whyNot(exitCode, { name, guest: instance.name, details }) };
}

interface Failure {
  /** The card as the guest calls it. */
  readonly name: string;
  readonly guest: string;
  readonly details: Readonly<Record<string, string | number>>;
}

function whyNot(exitCode: number | null, { name, guest, details }: Failure): Fault {
  switch (exitCode) {
    case 3:
      return new Fault('unavailable', 'INTERFACE_NOT_SEEN', `The guest of ${guest} shows no such card`, {
        details,
        hint: `Its kernel may not take PCI devices while it runs: novalet exec ${guest} -- dmesg`,
      });
    case 5:
      return new Fault(
        'unavailable',
        'INTERFACE_NO_ADDRESS',
        `${name} of ${guest} has not got all its addresses`,
        { details, hint: `See what there is: novalet exec ${guest} -- ip addr show dev ${name}` },
      );
    default:
      return new Fault(
        'unsupported',
        'INTERFACE_NOT_CONFIGURED',
        `Nothing in ${guest} gives a card its addresses`,
        {
          details,
          hint: 'It needs ip, and for DHCP NetworkManager, systemd-networkd, dhclient, udhcpc or dhcpcd.',
        },
      );
  }
}
