// The programs that novalet runs, and the Debian packages that bring them.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Finding, ok, problem, warning } from './finding.ts';

export interface ProgramNeed {
  readonly program: string;
  readonly debianPackage: string;
  /** Completes "needed to". */
  readonly purpose: string;
  /** Without an optional one all works but its purpose. */
  readonly isOptional: boolean;
}

const NETWORK_NEEDS: readonly ProgramNeed[] = [
  need('ip', 'iproute2', 'find a free subnet for the network'),
  need('dnsmasq', 'dnsmasq-base', 'give guests of the NAT network their addresses'),
  option('nft', 'nftables', 'serve metadata to guests'),
];

/** What is needed on a host of this architecture, in Node's words. Session mode makes no networks. */
export function programNeeds(arch: string, isSession = false): readonly ProgramNeed[] {
  const [emulator, debianPackage] =
    arch === 'arm64' ? ['qemu-system-aarch64', 'qemu-system-arm'] : ['qemu-system-x86_64', 'qemu-system-x86'];
  return [
    need(emulator, debianPackage, 'run guests'),
    need('qemu-img', 'qemu-utils', 'make disks'),
    need('prlimit', 'util-linux', 'bound what qemu-img may use'),
    ...(isSession ? [] : NETWORK_NEEDS),
    need('mkfs.ext4', 'e2fsprogs', 'make ephemeral disks'),
    need('mkfs.vfat', 'dosfstools', 'make ephemeral disks for Windows guests'),
    need('mkswap', 'util-linux', 'make swap disks'),
    option('xz', 'xz-utils', 'unpack images that end in .xz'),
    option('qemu-ga', 'qemu-guest-agent', 'give an agent to guests that have none and no network'),
    option('mmdebstrap', 'mmdebstrap', 'build guest images'),
  ];
}

/** Pure. `missing`: the programs that are not in PATH. One finding per missing package, or one that says that all is there. */
export function decidePrograms(
  needs: readonly ProgramNeed[],
  missing: ReadonlySet<string>,
): readonly Finding[] {
  const absent = needs.filter(({ program }) => missing.has(program));
  if (absent.length === 0)
    return [ok('programs', `All ${needs.length} programs that novalet runs are installed`)];
  return absent.map(({ program, debianPackage, purpose, isOptional }) =>
    (isOptional ? warning : problem)(
      'programs',
      `${program} is not installed; it is needed to ${purpose}`,
      `apt install ${debianPackage}`,
    ),
  );
}

/** The programs of `needs` that this process would not find. `path` is a search path such as PATH. */
export async function missingPrograms(
  needs: readonly ProgramNeed[],
  path: string,
): Promise<ReadonlySet<string>> {
  const directories = [...new Set([...path.split(delimiter), '/usr/sbin', '/sbin'])].filter(Boolean);
  const missing = await Promise.all(
    needs.map(async ({ program }) => ((await isFound(program, directories)) ? [] : [program])),
  );
  return new Set(missing.flat());
}

async function isFound(program: string, directories: readonly string[]): Promise<boolean> {
  for (const directory of directories) {
    try {
      await access(join(directory, program), constants.X_OK);
      return true;
    } catch {
      // not here; the next directory may have it
    }
  }
  return false;
}

function need(program: string, debianPackage: string, purpose: string): ProgramNeed {
  return { program, debianPackage, purpose, isOptional: false };
}

function option(program: string, debianPackage: string, purpose: string): ProgramNeed {
  return { program, debianPackage, purpose, isOptional: true };
}
