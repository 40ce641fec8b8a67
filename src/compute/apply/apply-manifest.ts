// A file of wishes against this host: reads what there is, compares, asks whether it may, and has it carried out.
import { Fault } from '../../base/index.ts';
import type { HeldLease } from '../../store/index.ts';
import { holdLease } from '../holding.ts';
import { carryOut, type Hands, shown } from './carry-out.ts';
import { compareManifest, compareRemoval } from './compare.ts';
import type { PlannedStep } from './planned-step.ts';
import { readPresent } from './present.ts';
import type {
  ApplyOptions,
  ApplyStep,
  CarryOutOptions,
  Manifest,
  RemovalOptions,
  StepResult,
} from './requests.ts';

/** How long another process may carry out a file of its own. */
const TURN_TIMEOUT_MS = 30_000;

/** Manifests.compare. */
export async function compareWithHost(hands: Hands, manifest: Manifest): Promise<readonly ApplyStep[]> {
  return compareManifest(manifest, await readPresent(hands, manifest)).map(shown);
}

/** Manifests.compareRemoval. */
export async function compareRemovalWithHost(
  hands: Hands,
  manifest: Manifest,
  options: RemovalOptions,
): Promise<readonly ApplyStep[]> {
  return compareRemoval(manifest, await readPresent(hands, manifest), options).map(shown);
}

/** Manifests.apply. */
export async function applyManifest(
  hands: Hands,
  manifest: Manifest,
  options: ApplyOptions,
): Promise<readonly StepResult[]> {
  using _lease = await turn(hands, options);
  const steps = compareManifest(manifest, await readPresent(hands, manifest));
  requirePossible(steps);
  requireAllowed(steps, options);
  return await carryOut(hands, steps, options);
}

/** Manifests.remove. */
export async function removeManifest(
  hands: Hands,
  manifest: Manifest,
  options: RemovalOptions & CarryOutOptions,
): Promise<readonly StepResult[]> {
  using _lease = await turn(hands, options);
  const steps = compareRemoval(manifest, await readPresent(hands, manifest), options);
  requirePossible(steps);
  return await carryOut(hands, steps, options);
}

/** Two files at once would each see half of what the other does. */
async function turn({ tools }: Hands, { signal }: CarryOutOptions): Promise<HeldLease> {
  return await holdLease(tools, 'apply', 'apply', { timeoutMs: TURN_TIMEOUT_MS, signal });
}

/** Throws `APPLY_BLOCKED`. */
export function requirePossible(steps: readonly PlannedStep[]): void {
  const blocked = steps.filter(({ problem }) => problem !== null);
  if (blocked.length === 0) return;
  const words = blocked.map(({ kind, name, problem }) => `${kind} ${name}: ${problem}`);
  throw new Fault(
    'conflict',
    'APPLY_BLOCKED',
    `Nothing was done, since this is in the way: ${words.join('; ')}`,
    {
      hint: 'Clear it away or take it out of the file, and apply it again.',
      details: { steps: blocked.map(namedAs).join(', ') },
    },
  );
}

/** Throws `APPLY_NOT_ALLOWED`. */
export function requireAllowed(
  steps: readonly PlannedStep[],
  { allowRestart = false, allowReplace = false }: ApplyOptions,
): void {
  const replaced = allowReplace ? [] : steps.filter(({ cost }) => cost === 'replace');
  const restarted = allowRestart || allowReplace ? [] : steps.filter(({ cost }) => cost === 'restart');
  if (replaced.length + restarted.length === 0) return;
  const words = [
    ...(restarted.length === 0 ? [] : [`would be restarted: ${restarted.map(named).join(', ')}`]),
    ...(replaced.length === 0 ? [] : [`would lose what it has: ${replaced.map(named).join(', ')}`]),
  ];
  throw new Fault(
    'refused',
    'APPLY_NOT_ALLOWED',
    `Nothing was done, since something ${words.join('; and ')}`,
    {
      hint: `${replaced.length > 0 ? '--allow-replace' : '--allow-restart'} lets it happen; --dry-run shows what differs.`,
      details: { restarted: restarted.map(namedAs).join(', '), replaced: replaced.map(namedAs).join(', ') },
    },
  );
}

function named({ kind, name, differences }: PlannedStep): string {
  const keys = [...new Set(differences.map(({ key }) => key))];
  return `${kind} ${name} (${keys.join(', ')})`;
}

function namedAs({ kind, name }: PlannedStep): string {
  return `${kind} ${name}`;
}
