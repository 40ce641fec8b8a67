// novalet doctor
import { findingsDocument } from '../documents.ts';
import { EXIT_PROBLEM_FOUND } from '../exit-codes.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';

export const doctor: Define = (command, session) => {
  command
    .description('Check this host, each finding with its cure. Exit status 1 when there is a problem.')
    .action(async () => {
      const findings = await session.query((compute) => compute.doctor());
      await session.print(findingsDocument(findings, showsUnicode(session) ? 'unicode' : 'plain'));
      if (findings.some(({ status }) => status === 'problem')) session.exitCode = EXIT_PROBLEM_FOUND;
    });
};

/** A terminal whose locale is UTF-8, by the order in which POSIX looks at the variables. */
function showsUnicode(session: Session): boolean {
  const locale = process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '';
  return session.streams.stdout.isTTY === true && /utf-?8/i.test(locale);
}
