// A minimal guest that heeds one road of those that ask it to go down, or none, and says on its console which it heard.
import assert from 'node:assert/strict';
import { type GuestInState, NAME } from './guest-in-state.ts';

/** What both the agent and the power button run in the minimal guest; it says on the console by whom, and heeds one or neither. */
export async function heedOnly(guest: GuestInState, road: 'agent' | 'button' | 'neither'): Promise<void> {
  await guest.compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
  const act = (heeded: boolean) => (heeded ? 'sync; poweroff -f' : 'exit 0');
  await guest.sh(`cat >/usr/sbin/shutdown <<'END'
#!/bin/sh
case $1 in
  -h) echo asked-by-agent >/dev/ttyS0; ${act(road === 'agent')} ;;
  *) echo asked-by-button >/dev/ttyS0; ${act(road === 'button')} ;;
esac
END
chmod 755 /usr/sbin/shutdown`);
}

/** By these roads the guest was asked since it booted, in this order. What it wrote last may be on its way into the log still. */
export async function requireAskedBy(guest: GuestInState, roads: readonly string[]): Promise<void> {
  let asked: readonly string[] = [];
  const signal = AbortSignal.timeout(60_000);
  while (asked.length < roads.length && !signal.aborted) asked = await askedBy(guest);
  assert.deepEqual(asked, roads);
}

/** Without repetitions. */
async function askedBy(guest: GuestInState): Promise<readonly string[]> {
  const text = (await (await guest.compute.consoleLog(NAME)).read(1_000_000)).toString('latin1');
  const boots = text.split('Linux version');
  return [
    ...new Set([...(boots.at(-1) ?? '').matchAll(/asked-by-(agent|button)/g)].map(([, road = '']) => road)),
  ];
}
