// --network: one network card for each time that it is given.
import type { Command } from 'commander';
import type { LaunchRequest } from '../../compute/index.ts';
import type { NetworkRequest } from '../../model/index.ts';
import { defined } from '../defined.ts';
import { collect } from '../values.ts';
import { ADDRESSING_KEYS, REPEATED_ADDRESSING_KEYS, readAddressing } from './addressing.ts';
import { only, readSubOptions, wholeNumberOf } from './sub-options.ts';

export interface NetworkOptions {
  readonly network?: readonly string[];
}

const KEYS = [...ADDRESSING_KEYS, 'mac', 'mtu', 'port'];

/** `byDefault`: what there is where the option is not given. */
export function addNetworkOptions(command: Command, byDefault = 'a NAT network of our own'): void {
  command.option(
    '--network <network>',
    `libvirt network, bridge of the host, or none (default: ${byDefault}), or port=NAME; several give several cards; address= and more behind a comma`,
    collect,
  );
}

/** Throws `OPTION_INVALID`. */
export function readNetworkOptions({ network }: NetworkOptions): Pick<LaunchRequest, 'networks'> {
  return network === undefined ? {} : { networks: network.map(readNetwork) };
}

/** `br0,address=192.0.2.10/24,gateway=192.0.2.1`, `port=front`; without a name it is the managed network, or the port's. */
export function readNetwork(text: string): NetworkRequest {
  const options = readSubOptions('--network', text, KEYS, REPEATED_ADDRESSING_KEYS);
  return defined({
    network: options.name === '' ? undefined : options.name,
    port: only(options, 'port'),
    mac: only(options, 'mac'),
    mtu: wholeNumberOf('--network', options, 'mtu'),
    addressing: readAddressing('--network', options),
  });
}
