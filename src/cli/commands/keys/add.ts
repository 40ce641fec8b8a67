// novalet keys add INSTANCE --key KEY
import { parseSshKeys } from '../../../model/index.ts';
import { addRoadOptions, type RoadOptions, roadOf } from '../../credential-road.ts';
import { defined } from '../../defined.ts';
import { readFileOrStdin } from '../../input.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import type { Session } from '../../session.ts';
import { collect } from '../../values.ts';
import { KEYS_USER, keyCount, keysDocument } from './keys-document.ts';

interface AddOptions extends RoadOptions {
  readonly user?: string;
  readonly key: readonly string[];
}

export const addKeys: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .requiredOption(
      '--key <key>',
      'a file of public keys, - for stdin, or the key itself; may be repeated',
      collect,
    )
    .option('--user <user>', KEYS_USER);
  addRoadOptions(command).action(async (ref: string, options: AddOptions) => {
    const lines = await readKeys(session, options.key);
    const road = roadOf(options);
    const changed = await session.act(
      async (compute, act) =>
        (await compute.keys(ref)).add(lines, defined({ user: options.user, road }), act),
      { progress: road !== undefined },
    );
    const where = changed.via === 'agent' ? 'by the agent' : 'on its disk';
    const present = lines.length - changed.keys.length;
    const rest = present === 0 ? '' : `; ${keyCount(present)} had been there`;
    await session.note(
      `Added ${keyCount(changed.keys.length)} for ${changed.user} in ${ref} ${where}${rest}`,
    );
    if (session.options.output !== 'table') await session.print(keysDocument(ref, changed));
  });
};

async function readKeys(session: Session, given: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const one of given) {
    // Every key begins with its type and a space; a file whose name does is written ./ssh-….
    const isKey = /^(?:ssh|ecdsa|sk)-\S+\s/.test(one);
    const text = isKey ? one : (await readFileOrStdin(session, one)).toString('utf8');
    lines.push(...parseSshKeys(text, isKey ? '--key' : one).map(({ publicKey }) => publicKey));
  }
  return lines;
}
