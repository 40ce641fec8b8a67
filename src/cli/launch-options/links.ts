// --vlan and --bond: links that the guest is to make of its network cards.
import type { Command } from 'commander';
import type { LaunchRequest } from '../../compute/index.ts';
import { BOND_MODES, type LinkRequest, XMIT_HASH_POLICIES } from '../../model/index.ts';
import { defined } from '../defined.ts';
import { collect, invalid } from '../values.ts';
import { ADDRESSING_KEYS, REPEATED_ADDRESSING_KEYS, readAddressing } from './addressing.ts';
import { oneOfWords, only, readSubOptions, type SubOptions, wholeNumberOf } from './sub-options.ts';

export interface LinkOptions {
  readonly vlan?: readonly string[];
  readonly bond?: readonly string[];
}

const KEYS = [...ADDRESSING_KEYS, 'on', 'mac', 'mtu'];

export function addLinkOptions(command: Command): void {
  command
    .option(
      '--vlan <vlan>',
      'VLAN id that the guest uses; on=CARD or on=BOND, name=, address= and more behind a comma; several times',
      collect,
    )
    .option(
      '--bond <bond>',
      'name of a bond that the guest makes; on=CARD for each of its cards, mode=, address= and more behind a comma; several times',
      collect,
    );
}

/** Throws `OPTION_INVALID`. */
export function readLinkOptions({ vlan = [], bond = [] }: LinkOptions): Pick<LaunchRequest, 'links'> {
  const links = [...bond.map(readBond), ...vlan.map(readVlan)];
  return links.length === 0 ? {} : { links };
}

/** `7,on=0,address=192.0.2.10/24`; over the first card where nothing else is said. */
export function readVlan(text: string): LinkRequest {
  const options = readSubOptions('--vlan', text, [...KEYS, 'name'], REPEATED_ADDRESSING_KEYS);
  if (!/^\d{1,4}$/.test(options.name)) {
    throw invalid(`--vlan wants a VLAN id: "${text}"`, 'Write --vlan 7,on=0, for example.');
  }
  const over = only(options, 'on') ?? '0';
  return {
    kind: 'vlan',
    vlanId: Number(options.name),
    over: /^\d{1,4}$/.test(over) ? Number(over) : over,
    ...defined({ name: only(options, 'name'), ...traitsOf('--vlan', options) }),
  };
}

/** `bond0,on=0,on=1,mode=802.3ad`. */
export function readBond(text: string): LinkRequest {
  const keys = [...KEYS, 'mode', 'miimon', 'hash'];
  const options = readSubOptions('--bond', text, keys, [...REPEATED_ADDRESSING_KEYS, 'on']);
  if (options.name === '') throw invalid('--bond wants a name first', 'Write --bond bond0,on=0,on=1');
  const hash = only(options, 'hash');
  return {
    kind: 'bond',
    name: options.name,
    members: (options.values.get('on') ?? []).map(cardOf),
    mode: oneOfWords('--bond: mode=', only(options, 'mode') ?? 'active-backup', BOND_MODES),
    ...defined({
      miimon: wholeNumberOf('--bond', options, 'miimon'),
      xmitHashPolicy: hash === undefined ? undefined : oneOfWords('--bond: hash=', hash, XMIT_HASH_POLICIES),
      ...traitsOf('--bond', options),
    }),
  };
}

function traitsOf(option: string, options: SubOptions) {
  return {
    mac: only(options, 'mac'),
    mtu: wholeNumberOf(option, options, 'mtu'),
    addressing: readAddressing(option, options),
  };
}

function cardOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw invalid(`--bond: on=${text} is not the number of a card`, 'Cards are numbered from 0 on: on=0,on=1');
}
