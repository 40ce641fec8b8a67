// Has cloud-init do again in a running guest what it did at the first boot. A job of the guest's, so that it goes to its
// end, and no guest is left half done, when whoever asked for it goes away.
import { asFault, Fault } from '../../base/index.ts';
import type { Job, JobProcess } from '../jobs/index.ts';
import type { SpawnRequest } from '../road.ts';

/** `clean`, then the stages of a boot in their order. */
export const RERUN_STEPS = ['clean', 'init-local', 'init', 'modules-config', 'modules-final'] as const;
export type RerunStep = (typeof RERUN_STEPS)[number];

export interface StepEnd {
  readonly step: RerunStep;
  /** cloud-init's own: the number of errors in this stage. */
  readonly exitCode: number;
}

/** `Jobs` fits. */
export interface RerunJobs {
  start(request: SpawnRequest & { readonly name?: string; readonly maxOutputBytes?: number }): Promise<Job>;
  attach(id: string): Promise<Pick<JobProcess, 'stdout' | 'stderr' | 'ended' | typeof Symbol.asyncDispose>>;
}

export interface FollowOptions {
  readonly onBegin: (step: RerunStep) => void;
  readonly onEnd: (end: StepEnd) => void;
}

/**
 * A stage that fails does not keep the later ones from running: at a boot it does not, either. What the stages write goes to
 * stderr, where `attach` shows it; stdout is for what we read.
 */
const SCRIPT = `
failed=0 keep=$1 config=/run/cloud-init/cloud.cfg
shift
step() {
  name=$1
  shift
  echo "begin $name"
  "$@" >&2
  code=$?
  echo "end $name $code"
  [ "$code" -eq 0 ] || failed=1
}
command -v cloud-init >/dev/null 2>&1 || exit 127
step clean cloud-init clean "$@"
[ "$failed" -eq 0 ] || exit 1
if [ "$keep" = keep-host-keys ]; then
  mkdir -p "\${config%/*}" || exit 1
  if [ -e "$config" ]; then cp -p "$config" "$config.before" || exit 1; fi
  echo 'ssh_deletekeys: false' >>"$config" || exit 1
fi
step init-local cloud-init init --local
step init cloud-init init
step modules-config cloud-init modules --mode config
step modules-final cloud-init modules --mode final
if [ "$keep" = keep-host-keys ]; then
  if [ -e "$config.before" ]; then mv -f "$config.before" "$config"; else rm -f "$config"; fi || failed=1
fi
exit "$failed"
`;

const KEPT_BYTES = 4 * 1024 * 1024;
const LONGEST_LINE = 100;

export interface StartOptions {
  readonly clearLogs: boolean;
  /**
   * The SSH host keys that are there are not made anew, unless the user data says otherwise: by cloud-init's configuration
   * of this boot, and for this run, so that images made of the guest later know nothing of it.
   */
  readonly keepHostKeys?: boolean | undefined;
}

/** Throws what Jobs.start throws. */
export async function startRerun(
  jobs: RerunJobs,
  { clearLogs, keepHostKeys = false }: StartOptions,
): Promise<Job> {
  const words = [keepHostKeys ? 'keep-host-keys' : 'usual', ...(clearLogs ? ['--logs'] : [])];
  const argv = ['/bin/sh', '-c', SCRIPT, 'novalet-cloud-init', ...words];
  return await jobs.start({ argv, name: 'cloud-init rerun', maxOutputBytes: KEPT_BYTES });
}

/**
 * Follows it to its end, and gives the steps that were made. The signal ends the following only, and its reason is thrown.
 * Throws `EXEC_NOT_FOUND` where there is no cloud-init, `CLOUD_INIT_ANSWER_INVALID`, and what following a job throws.
 */
export async function followRerun(
  jobs: RerunJobs,
  id: string,
  { onBegin, onEnd, signal }: FollowOptions & { readonly signal: AbortSignal },
): Promise<readonly StepEnd[]> {
  signal.throwIfAborted();
  await using process = await jobs.attach(id);
  process.stderr.destroy();
  const onAbort = () => void process.stdout.destroy(asFault(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const steps = new Steps({ onBegin, onEnd });
  try {
    for await (const chunk of process.stdout) steps.read(chunk);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  const { exitCode, signal: killedBy } = await process.ended;
  if (exitCode === 127) throw missing();
  if (steps.ends.length === 0 || killedBy !== null)
    throw unfinished(killedBy ?? `exit status ${exitCode ?? 0}`);
  return steps.ends;
}

/** Reads our script's lines; whoever is root in the guest can write others. */
export class Steps {
  readonly ends: StepEnd[] = [];
  readonly #options: FollowOptions;
  #rest = '';

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  read(bytes: Uint8Array): void {
    const lines = (this.#rest + Buffer.from(bytes).toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) throw unread();
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const found = /^(begin|end) ([a-z-]{1,20})(?: (\d{1,3}))?$/.exec(line);
    const next = RERUN_STEPS[this.ends.length];
    if (found === null || next === undefined || found[2] !== next) throw unread();
    if (found[1] === 'begin') {
      this.#options.onBegin(next);
      return;
    }
    const end = { step: next, exitCode: Number(found[3] ?? 0) };
    this.ends.push(end);
    this.#options.onEnd(end);
  }
}

function unread(): Fault {
  return new Fault(
    'corrupt',
    'CLOUD_INIT_ANSWER_INVALID',
    'What the guest says of its rerun is not what our script says',
    {
      outcome: 'unknown',
      hint: 'Somebody in the guest changes files of root in /run/novalet.',
    },
  );
}

function missing(): Fault {
  return new Fault('not-found', 'EXEC_NOT_FOUND', 'There is no cloud-init in the guest');
}

function unfinished(end: string): Fault {
  return new Fault(
    'refused',
    'CLOUD_INIT_FAILED',
    `The rerun of cloud-init was ended by somebody else (${end})`,
    {
      outcome: 'unknown',
    },
  );
}
