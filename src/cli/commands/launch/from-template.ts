// novalet launch --template TEMPLATE [NAME…]
import { asFault, type Fault } from '../../../base/index.ts';
import type { CliCommand } from '../../command-tree.ts';
import { defined } from '../../defined.ts';
import { tellFaults } from '../../each.ts';
import { givenBesides } from '../../launch-options/given.ts';
import { readTold, type Told, type ToldOptions } from '../../launch-options/told.ts';
import { generatePassword } from '../../secrets.ts';
import type { Session } from '../../session.ts';
import { invalid } from '../../values.ts';
import { type CloneNaming, cloneNames } from './clone-names.ts';
import { type Clone, type CloneWish, launchClones } from './clones.ts';
import { cloneDocument, clonesDocument } from './document.ts';
import { type LaunchWaitOptions, waitAfterLaunch } from './waiting.ts';

export interface TemplateLaunchOptions extends ToldOptions, LaunchWaitOptions, CloneNaming {}

/** The options of a launch that fit, by the names of their values. The others choose what a template has. */
const FITS: ReadonlySet<string> = new Set([
  ...['template', 'name', 'count', 'wait', 'timeout', 'network', 'meta', 'tag'],
  ...['userData', 'validate', 'sshKey', 'writeFile', 'injectFile', 'grow'],
  ...['passwordStdin', 'passwordFile', 'generatePassword', 'adminPass'],
  ...['user', 'hostname', 'timezone', 'locale', 'package', 'run'],
]);

export interface TemplateLaunchCall {
  /** Names. */
  readonly operands: readonly string[];
  readonly options: TemplateLaunchOptions;
  readonly command: CliCommand;
}

export async function launchFromTemplate(
  session: Session,
  template: string,
  { operands, options, command }: TemplateLaunchCall,
): Promise<void> {
  refuseMisplaced(givenBesides(command, FITS));
  const names = cloneNames(operands, options);
  const wishes = await wishesOf(names, await readTold(session, options), options);
  let launched: readonly Clone[] = [];
  let faults: readonly Fault[] = [];
  const acting = session.act(async (compute, act) => {
    const ready = async (id: string, own: typeof act) => await waitAfterLaunch(compute, id, options, own);
    // looked up once: several would each say that it is not there
    const ref = names.length > 1 ? (await compute.templates.show(template)).template.id : template;
    ({ launched, faults } = await launchClones(ref, wishes, { compute, ready, act }));
    if (faults[0] !== undefined) throw faults[0]; // so that the progress shows what failed
  });
  await acting.catch((error: unknown) => {
    const fault = asFault(error);
    if (!faults.includes(fault)) faults = [fault, ...faults];
  });
  for (const clone of launched) await tell(session, template, clone);
  await printClones(session, launched, {
    isMany: options.count !== undefined || names.length > 1,
    isPasswordShown: options.generatePassword === true,
  });
  await tellFaults(session, faults);
}

function refuseMisplaced(flags: readonly string[]): void {
  if (flags.length === 0) return;
  throw invalid(
    `${flags.join(', ')} ${flags.length === 1 ? 'means' : 'mean'} nothing with --template`,
    "Size, hardware and drives are the template's, and there is no plan to print: leave it out, or launch an image.",
  );
}

/** A password that is made up is another one for each. */
async function wishesOf(
  names: readonly (string | undefined)[],
  told: Told,
  options: TemplateLaunchOptions,
): Promise<readonly CloneWish[]> {
  const wishes: CloneWish[] = [];
  for (const [at, name] of names.entries()) {
    const adminPassword =
      options.generatePassword === true && at > 0 ? await generatePassword() : told.adminPassword;
    const request = { ...told, ...defined({ name, adminPassword }) };
    wishes.push({ request, label: name ?? `${at + 1} of ${names.length}` });
  }
  return wishes;
}

async function tell(session: Session, template: string, { view, why, isReady }: Clone): Promise<void> {
  const { name } = view.instance;
  if (why === null) await session.note(`${name} goes on from the memory of ${template}`);
  else {
    const cure = why.hint === undefined ? '' : ` (${why.hint})`;
    const reason = `${why.message} [${why.code}]${cure}`;
    await session.warn(`${name} boots, and does not go on from the memory of ${template}: ${reason}`);
  }
  if (!isReady) await session.note(`${name} was launched and stays; novalet delete ${name} removes it`);
}

/** One that was asked for as one is one; otherwise it is a list, also of one, and to programs also of none. */
async function printClones(
  session: Session,
  launched: readonly Clone[],
  { isMany, isPasswordShown }: { readonly isMany: boolean; readonly isPasswordShown: boolean },
): Promise<void> {
  const [first] = launched;
  if (isMany) {
    if (first === undefined && session.options.output === 'table') return;
    await session.print(clonesDocument(launched, isPasswordShown));
  } else if (first !== undefined) await session.print(cloneDocument(first, isPasswordShown));
}
