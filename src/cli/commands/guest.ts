// novalet guest INSTANCE [doctor|reset-channel]
import { Argument } from 'commander';
import { EXIT_PROBLEM_FOUND } from '../exit-codes.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { diagnosisDocument } from './guest/diagnosis.ts';
import { reportDocument } from './guest/report.ts';

const ACTIONS = ['show', 'doctor', 'reset-channel'] as const;
type GuestAction = (typeof ACTIONS)[number];

export const guest: Define = (command, session) => {
  command
    .description(
      'Show what the guest tells of itself. doctor: find what keeps its agent from answering, with the cure; exit status 1 when something does. reset-channel: make the channel of its agent anew.',
    )
    .argument('<instance>', INSTANCE)
    .addArgument(new Argument('[action]', 'what to do').choices(ACTIONS).default('show'))
    .action(async (ref: string, action: GuestAction) => {
      switch (action) {
        case 'show':
          return await showGuest(session, ref);
        case 'doctor':
          return await diagnose(session, ref);
        case 'reset-channel':
          return await resetChannel(session, ref);
        default:
          return action satisfies never;
      }
    });
};

async function showGuest(session: Session, ref: string): Promise<void> {
  const quiet = { progress: false };
  const report = await session.act((compute, options) => compute.guests.facts(ref, options), quiet);
  await session.print(reportDocument(report));
}

async function diagnose(session: Session, ref: string): Promise<void> {
  const quiet = { progress: false };
  const diagnosis = await session.act((compute, options) => compute.guests.diagnose(ref, options), quiet);
  await session.print(diagnosisDocument(diagnosis));
  if (diagnosis.state !== 'healthy') session.exitCode = EXIT_PROBLEM_FOUND;
}

async function resetChannel(session: Session, ref: string): Promise<void> {
  await session.act((compute, options) => compute.guests.resetChannel(ref, options));
  await session.note(`The channel of ${ref} is new, and its agent answers`);
  if (session.options.output !== 'table') {
    await session.print({ data: { instance: ref, agent: 'connected' }, text: () => '' });
  }
}
