// novalet get-password INSTANCE
import { Option } from 'commander';
import { Fault } from '../../base/index.ts';
import { defined } from '../defined.ts';
import { INSTANCE } from '../operands.ts';
import { printableLine } from '../printable.ts';
import { readPrivateKey } from '../private-key.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';

interface GetPasswordOptions {
  readonly key?: string;
  readonly passphraseFile?: string;
  readonly clear?: boolean;
}

export const getPassword: Define = (command, session) => {
  command
    .description(
      'Print the password that the guest made up and posted to the metadata service, encrypted for the key of its launch, as cloudbase-init does. With --key it is decrypted here; the key goes nowhere.',
    )
    .argument('<instance>', INSTANCE)
    .option('--key <file>', 'private key to decrypt it with; an RSA key')
    .option('--passphrase-file <file>', "file with the key's passphrase (default: it is asked for)")
    .addOption(
      new Option('--clear', 'forget it, so that the guest may post another one').conflicts([
        'key',
        'passphraseFile',
      ]),
    )
    .action(async (ref: string, options: GetPasswordOptions) => {
      if (options.clear === true) await clear(session, ref);
      else await show(session, ref, options);
    });
};

async function show(
  session: Session,
  ref: string,
  { key: path, passphraseFile }: GetPasswordOptions,
): Promise<void> {
  const posted = await session.query((compute) => compute.documents.postedPassword(ref));
  if (posted === undefined) throw nothingPosted(ref);
  if (path === undefined)
    return await print(session, { instance: ref, encrypted: posted.trim() }, posted.trim());
  const key = await readPrivateKey(session, path, defined({ passphraseFile }));
  const { openPostedPassword } = await import('../../metadata/index.ts');
  const password = openPostedPassword(posted, key).reveal();
  await print(session, { instance: ref, password }, password);
}

/** It is the guest's text: what a terminal would act on stays out of a terminal. */
async function print(session: Session, data: object, text: string): Promise<void> {
  const shown = session.streams.stdout.isTTY === true ? printableLine(text) : text;
  await session.print({ data, text: () => `${shown}\n` });
}

async function clear(session: Session, ref: string): Promise<void> {
  const had = await session.query((compute) => compute.documents.clearPostedPassword(ref));
  if (!had) throw nothingPosted(ref);
  await session.note(`${ref} may post a password again; the one in the guest stays as it is`);
  if (session.options.output !== 'table') {
    await session.print({ data: { instance: ref, cleared: true }, text: () => '' });
  }
}

function nothingPosted(ref: string): Fault {
  return new Fault('not-found', 'POSTED_PASSWORD_MISSING', `${ref} has posted no password`, {
    hint: 'Guests post one that read from the metadata service, run cloudbase-init, and were launched with an RSA key.',
  });
}
