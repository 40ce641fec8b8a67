// How far a guest has come, by the end of its console. The text is the guest's and hostile: it is searched, bounded,
// and never passed on.

/** `silent`: nothing was written, which is also how a guest without a serial console looks. */
export type BootStage =
  | 'silent'
  | 'firmware'
  | 'boot loader'
  | 'kernel'
  | 'starting services'
  | 'login prompt'
  | 'emergency'
  | 'panic'
  | 'unknown';

/** What is looked at: the last so many bytes. */
export const BOOT_TAIL_BYTES = 16 * 1024;

/** The later in the text, the further; of two at one place the first of this list counts. */
const MARKS: readonly (readonly [BootStage, RegExp])[] = [
  ['panic', /Kernel panic - not syncing|end Kernel panic/g],
  ['emergency', /You are in emergency mode|\(initramfs\)|dracut:\/#|Give root password for maintenance/g],
  ['login prompt', /\blogin: ?$/gm],
  ['starting services', /Welcome to |\[ {2}OK {2}\] |Reached target |minimal: booted/g],
  ['kernel', /Linux version \d|Command line: |^\[ {1,6}\d+\.\d{6}\] /gm],
  ['boot loader', /GNU GRUB|Booting `|SYSLINUX|EXTLINUX|Loading initial ramdisk/g],
  ['firmware', /SeaBIOS|BdsDxe:|UEFI Interactive Shell|iPXE/g],
];

/** Whether the console said that the agent was started: systemd's line, where it goes to the console. */
const AGENT_STARTED = /Started (?:.{0,80})QEMU Guest Agent/i;

export interface ConsoleSigns {
  readonly stage: BootStage;
  readonly saysAgentStarted: boolean;
}

/** Reads the signs in the end of a console's log; at most BOOT_TAIL_BYTES of it. */
export function readConsole(tail: Uint8Array): ConsoleSigns {
  const text = Buffer.from(tail).subarray(-BOOT_TAIL_BYTES).toString('latin1').replaceAll('\r', '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours stand between the words that are looked for
  const plain = text.replace(/\u001b\[[0-9;?]{0,20}[a-zA-Z]/g, '');
  if (plain.trim() === '') return { stage: 'silent', saysAgentStarted: false };
  let best: { stage: BootStage; at: number } = { stage: 'unknown', at: -1 };
  for (const [stage, mark] of MARKS) {
    const at = lastMatch(plain, mark);
    if (at > best.at) best = { stage, at };
  }
  return { stage: best.stage, saysAgentStarted: AGENT_STARTED.test(plain) };
}

function lastMatch(text: string, mark: RegExp): number {
  let at = -1;
  for (const match of text.matchAll(mark)) at = match.index;
  return at;
}
