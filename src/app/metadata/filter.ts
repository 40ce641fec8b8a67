// The rules that let guests ask, given to the kernel by nft.
import { Fault, isFault } from '../../base/index.ts';
import { runProgram } from '../../hostlink/index.ts';
import { mayChangeRules } from '../../network/index.ts';

const TIMEOUT_MS = 10_000;

/** All of `rules`, or nothing of them. Throws `METADATA_NFT_MISSING` or `METADATA_RULES_REFUSED`. */
export async function loadRules(rules: string): Promise<void> {
  try {
    await runProgram('nft', ['-f', '-'], { stdin: rules, timeoutMs: TIMEOUT_MS });
  } catch (cause) {
    if (isFault(cause, 'PROGRAM_MISSING')) throw missing(cause);
    throw new Fault(
      'refused',
      'METADATA_RULES_REFUSED',
      'The kernel did not take the rules of the metadata service',
      {
        cause,
        hint: 'Its nftables need the families inet and bridge: modprobe nf_tables; nft list ruleset',
      },
    );
  }
}

/** Whether this process may change rules and addresses of the host. Throws `METADATA_NEEDS_NET_ADMIN`. */
export function requireNetAdmin(): void {
  if (mayChangeRules()) return;
  throw new Fault(
    'denied',
    'METADATA_NEEDS_NET_ADMIN',
    'The metadata service sets rules of the firewall, and this process may not',
    { hint: 'Run it as root: sudo novalet serve --metadata' },
  );
}

function missing(cause: unknown): Fault {
  return new Fault(
    'unsupported',
    'METADATA_NFT_MISSING',
    'nft is not installed, and the metadata service needs it',
    {
      cause,
      hint: 'apt install nftables',
    },
  );
}
