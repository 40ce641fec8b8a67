// Asking a person for a secret: the terminal is put into raw mode, so that nothing typed is shown.
import { Fault, Secret } from '../base/index.ts';
import type { Session } from './session.ts';

const BACKSPACE = new Set(['\u007f', '\b']);
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_U = '\u0015';

/** Reads one line without echo; the words before it go to stderr. Throws `INTERRUPTED` on Ctrl-C. */
export async function promptSecret(session: Session, words: string): Promise<Secret> {
  const { stdin } = session.streams;
  stdin.setRawMode(true); // before the words: whoever types at once must not be shown either
  stdin.setEncoding('utf8');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = '';
  const onData = (text: string) => {
    for (const character of text) {
      if (character === '\r' || character === '\n' || character === CTRL_D) return resolve(typed);
      if (character === CTRL_C)
        return reject(new Fault('cancelled', 'INTERRUPTED', 'Interrupted at the prompt'));
      if (BACKSPACE.has(character)) typed = [...typed].slice(0, -1).join('');
      else if (character === CTRL_U) typed = '';
      else if (character >= ' ') typed += character;
    }
  };
  const onEnd = () => resolve(typed);
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  stdin.resume();
  try {
    await session.writeError(words);
    return new Secret(await session.interrupt.race(promise));
  } finally {
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    stdin.pause();
    await session.writeError('\r\n');
    stdin.setRawMode(false);
  }
}
