// Bringing our server into a guest and starting it there, by one call to the agent: the program travels as the standard
// input of the script that keeps it for a moment, starts it, and removes its file. Nothing stays on the guest's disk.
import { Fault, isFault } from '../base/index.ts';
import type { ExecOptions } from './exec-request.ts';
import type { ExecResult } from './exec-result.ts';

/** What is needed of an Agent. */
export interface ServerStarter {
  readonly peer: string;
  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult>;
}

export interface ServerStart {
  /** The program for guests of one machine, as `uname -m` names it. */
  readonly machine: string;
  readonly program: Buffer;
  readonly signal?: AbortSignal | undefined;
}

/** A guest that boots on a busy host takes some 40 s. */
const START_TIMEOUT_MS = 60_000;

/**
 * Parameters: the machine that the program is for, a random name. Standard input: the program. A place is good where
 * a script can be executed (/run often is mounted noexec). With systemd the server gets a unit, and so a cgroup, of its
 * own, and outlives the agent; otherwise a session of its own. It says that it is ready by closing its output.
 */
const START_SCRIPT = `
umask 077
[ "$(uname -s)-$(uname -m)" = "Linux-$1" ] || { echo machine; exit 0; }
folder=
for place in /run /dev/shm /var/lib /tmp /var/tmp /root; do
  try=$place/novalet-$2
  mkdir "$try" 2>/dev/null || continue
  printf '#!/bin/sh\\nexit 0\\n' >"$try/x" && chmod 700 "$try/x" && "$try/x" && { folder=$try; break; }
  rm -rf "$try"
done 2>/dev/null
[ -n "$folder" ] || { echo place; exit 0; }
trap 'rm -rf "$folder"' EXIT
rm -f "$folder/x"
server=$folder/novalet-lane
cat >"$server" && chmod 700 "$server" || { echo write; exit 0; }
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then
  if systemd-run --quiet --collect --unit="novalet-lane-$2" --description='novalet lane server' \\
    -p Type=exec -p Delegate=yes -p KillMode=process "$server" serve >/dev/null 2>&1 </dev/null; then
    echo started
    exit 0
  fi
fi
if command -v setsid >/dev/null 2>&1; then
  said=$(setsid "$server" serve </dev/null 2>/dev/null &)
else
  said=$("$server" serve </dev/null 2>/dev/null &)
fi
case $said in ready | already) echo started ;; *) echo start ;; esac
`;

/** Starts the server unless one runs. Throws `LANE_SERVER_REFUSED` with the reason as `details.stage`, and what exec throws. */
export async function startLaneServer(agent: ServerStarter, start: ServerStart): Promise<void> {
  const name = crypto.randomUUID().slice(0, 8);
  const argv = ['/bin/sh', '-c', START_SCRIPT, 'novalet-lane', start.machine, name];
  const { signal, program } = start;
  const result = await executed(agent, argv, { stdin: program, timeoutMs: START_TIMEOUT_MS, signal });
  if (result === undefined) throw refused(agent.peer, 'time', start.machine);
  const word = result.stdout.toString('latin1').trimEnd();
  if (result.exitCode === 0 && word === 'started') return;
  throw refused(agent.peer, Object.keys(REASONS).includes(word) ? word : 'start', start.machine);
}

/** Undefined when its time was over: what ran was killed, and the caller wants to hear of lanes, not of a shell. */
async function executed(
  agent: ServerStarter,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult | undefined> {
  try {
    return await agent.exec(argv, options);
  } catch (error) {
    if (isFault(error, 'EXEC_TIMEOUT') && options.signal?.aborted !== true) return undefined;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  machine: 'the guest is another machine than the server was built for',
  place: 'the guest has no folder where a program can be executed',
  write: 'the program could not be written',
  start: 'the program could not be started',
  time: `starting it took more than ${START_TIMEOUT_MS / 1000} s; the guest is booting, or very busy`,
};

function refused(peer: string, stage: string, machine: string): Fault {
  return new Fault(
    'unsupported',
    'LANE_SERVER_REFUSED',
    `${peer} could not start our server: ${REASONS[stage] ?? stage}`,
    {
      hint: 'Calls take the slower road over the agent alone; --via agent takes it without trying.',
      details: { stage, machine },
    },
  );
}
