// Recipes under templates/: programs that make guest images from a distribution's packages.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errnoCode, Fault } from '../base/index.ts';
import { runProgram } from '../hostlink/index.ts';
import type { ActOptions } from './compute.ts';

/** What a recipe made; absolute paths. */
export interface BuiltImage {
  readonly disk: string;
  readonly diskFormat: string;
  readonly kernel?: string;
  readonly ramdisk?: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** The package's templates/ folder. */
export const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url));
const BUILD_TIMEOUT_MS = 1_800_000;
export const RECIPES = ['debian', 'minimal'] as const;

/** What a recipe gives beside the disk; nothing for one that is not known. */
export function partsOf(recipe: string): readonly ('kernel' | 'ramdisk')[] {
  return recipe === 'minimal' ? ['kernel', 'ramdisk'] : [];
}

/** Runs `templates/<recipe>/build` in `work`. Throws `RECIPE_UNKNOWN`, `RECIPE_MISSING` and the faults of programs. */
export async function buildRecipe(recipe: string, work: string, options: ActOptions): Promise<BuiltImage> {
  const known = RECIPES.find((name) => name === recipe);
  if (known === undefined) {
    throw new Fault('not-found', 'RECIPE_UNKNOWN', `There is no recipe named "${recipe.slice(0, 80)}"`, {
      hint: `There are: ${RECIPES.join(', ')}.`,
    });
  }
  const program = join(TEMPLATES, known, 'build');
  await requireRecipe(program);
  const out = join(work, 'out');
  switch (known) {
    case 'debian':
      await run(program, ['--output', `${out}.qcow2`, '--work', work], options);
      return {
        disk: `${out}.qcow2`,
        diskFormat: 'qcow2',
        properties: {
          hw_qemu_guest_agent: 'yes',
          os_distro: 'debian',
          os_type: 'linux',
          os_admin_user: 'root',
        },
      };
    case 'minimal':
      await run(program, ['--output-dir', out], options);
      return {
        disk: join(out, 'disk.raw'),
        diskFormat: 'raw',
        kernel: join(out, 'kernel'),
        ramdisk: join(out, 'initrd'),
        properties: { hw_qemu_guest_agent: 'yes', os_type: 'linux', os_admin_user: 'root' },
      };
    default:
      return known satisfies never;
  }
}

async function run(program: string, args: readonly string[], options: ActOptions): Promise<void> {
  const onStderr = (chunk: string) => {
    const what = lastStage(chunk);
    if (what !== '') options.onProgress?.({ step: 'recipe', phase: 'progress', what });
  };
  await runProgram(program, args, { timeoutMs: BUILD_TIMEOUT_MS, signal: options.signal, onStderr });
}

/** The last line of what a recipe says, without its own clock (scripts/stages.sh): who is told has one. */
export function lastStage(said: string): string {
  const line = said.trimEnd().split('\n').at(-1) ?? '';
  return line.replace(/^\[ *\d+\.\d s\] /, '').slice(0, 200);
}

async function requireRecipe(program: string): Promise<void> {
  try {
    await access(program);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    throw new Fault(
      'unsupported',
      'RECIPE_MISSING',
      `The recipe ${program} is not part of this installation`,
      {
        cause: error,
        hint: 'Install novalet whole: its templates/ folder is missing.',
      },
    );
  }
}
