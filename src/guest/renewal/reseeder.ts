// A guest whose kernel is told nothing of its being a copy, and which has neither perl nor python3, is given a program that
// orders the reseeding: our lane server, which runs on any Linux. It stays for its copies, which remove it.
import { Fault } from '../../base/index.ts';
import type { RenewalAgent } from './renewal-agent.ts';
import { RESEEDER_PLACES } from './scripts.ts';

const TIMEOUT_MS = 60_000;

/** Parameter: the machine that the program is for. Standard input: the program. A place may be mounted noexec. */
const SCRIPT = `
if perl -e 1 2>/dev/null || python3 -c 1 2>/dev/null; then cat >/dev/null; echo needless; exit 0; fi
umask 077
[ "$(uname -s)-$(uname -m)" = "Linux-$1" ] || { cat >/dev/null; echo machine; exit 0; }
for place in ${RESEEDER_PLACES.join(' ')}; do
  [ -d "$place" ] || continue
  printf '#!/bin/sh\\nexit 0\\n' >"$place/novalet-reseed" && chmod 700 "$place/novalet-reseed" &&
    "$place/novalet-reseed" && { cat >"$place/novalet-reseed" && "$place/novalet-reseed" reseed && echo placed; exit 0; }
  rm -f "$place/novalet-reseed"
done 2>/dev/null
cat >/dev/null
echo place
`;

/** Throws `RESEED_IMPOSSIBLE`, and what Agent.exec throws. */
export async function placeReseeder(
  agent: RenewalAgent,
  { machine, program }: { readonly machine: string; readonly program: Buffer },
  signal?: AbortSignal,
): Promise<void> {
  const argv = ['/bin/sh', '-c', SCRIPT, 'novalet-reseed', machine];
  const { stdout } = await agent.exec(argv, { stdin: program, timeoutMs: TIMEOUT_MS, signal });
  if (['needless', 'placed'].includes(stdout.toString('latin1').trimEnd())) return;
  throw new Fault(
    'unsupported',
    'RESEED_IMPOSSIBLE',
    `Copies of ${agent.peer} would draw the same random numbers: nothing in it can order its kernel to reseed`,
    { hint: 'A kernel that knows VM generations (Linux 5.18 and later), perl or python3 would do.' },
  );
}
