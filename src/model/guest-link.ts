// Links that a guest makes of its network cards itself: VLANs and bonds. The host has no part in them.
import type { Addressing } from './addressing.ts';
import type { AddressingRequest } from './network-request.ts';

export type GuestLink = VlanLink | BondLink;

interface LinkTraits {
  /** Of the device in the guest. */
  readonly name: string;
  /** The card's below it when left out; of a bond, its first card's. */
  readonly mac?: string;
  readonly mtu?: number;
  /** How the guest gets its addresses there, one entry for each subnet. */
  readonly addressing: readonly Addressing[];
}

export interface VlanLink extends LinkTraits {
  readonly kind: 'vlan';
  /** 1 to 4094 (IEEE 802.1Q). */
  readonly vlanId: number;
  /** A card by its number, from 0 on, or a bond by its name. */
  readonly over: number | string;
}

/** Modes and policies as the kernel's bonding driver names them. */
export interface BondLink extends LinkTraits {
  readonly kind: 'bond';
  /** Cards by their numbers. */
  readonly members: readonly number[];
  readonly mode: (typeof BOND_MODES)[number];
  /** Milliseconds between looks at the cards' links; 100 unless given, since the kernel's 0 would look never. */
  readonly miimon?: number;
  readonly xmitHashPolicy?: (typeof XMIT_HASH_POLICIES)[number];
}

export const BOND_MODES = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
] as const;

export const XMIT_HASH_POLICIES = ['layer2', 'layer2+3', 'layer3+4', 'encap2+3', 'encap3+4'] as const;

export const DEFAULT_MIIMON_MS = 100;

/**
 * As a launch asks for it: a VLAN's name (`vlan7`) and the way to an address (IPv4 by DHCP) may be left out; a static address
 * comes with its prefix.
 */
export type LinkRequest = (
  | (Omit<VlanLink, 'name' | 'addressing'> & Partial<Pick<VlanLink, 'name'>>)
  | Omit<BondLink, 'addressing'>
) & { readonly addressing?: readonly AddressingRequest[] };
