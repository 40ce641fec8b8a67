// Words of nftables' language, each held to its form: the text is read as a program, and whatever is not plain would be a rule.
import { Fault } from '../base/index.ts';

/** Where guests look for the metadata service. */
export const METADATA_ADDRESS = '169.254.169.254';

/**
 * Set on what a known card sends to the service, by the rules that have seen its addresses; on nothing else. A device that
 * is nobody's card cannot get it, whatever it says, and so neither reaches the service nor speaks into another's connection.
 */
export const MARK = '0x6e76';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,30}$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** A table, or a device of the host. Each of these throws `METADATA_RULE_INVALID`. */
export function nameWord(value: string): string {
  return checked(value, NAME);
}

export function macWord(value: string): string {
  return checked(value, MAC);
}

export function ipv4Word(value: string): string {
  return checked(value, IPV4);
}

export function portWord(port: number): number {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Fault('internal', 'METADATA_RULE_INVALID', `${port} is no port`);
}

function checked(value: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  throw new Fault('internal', 'METADATA_RULE_INVALID', `${JSON.stringify(value)} cannot stand in a rule`);
}
