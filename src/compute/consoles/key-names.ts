// Keys by name and texts as keys, as codes of Linux (input-event-codes.h), which libvirt sends on to the guest's keyboard.
// Pure. Texts are typed as on a US keyboard, which is what a guest's firmware, boot loader and installer take for granted.
import { Fault } from '../../base/index.ts';

/** Keys that are held down together, in the order in which they go down. */
export type KeyPress = readonly number[];

const LEFT_SHIFT = 42;
/** libvirt's VIR_DOMAIN_SEND_KEY_MAX_KEYS. */
const MAX_TOGETHER = 16;
/** Each costs the guest 40 ms and more. */
const MAX_PRESSES = 4096;

const NAMED = new Map(
  Object.entries({
    esc: 1,
    backspace: 14,
    tab: 15,
    enter: 28,
    ctrl: 29,
    shift: LEFT_SHIFT,
    alt: 56,
    space: 57,
    capslock: 58,
    f1: 59,
    f2: 60,
    f3: 61,
    f4: 62,
    f5: 63,
    f6: 64,
    f7: 65,
    f8: 66,
    f9: 67,
    f10: 68,
    numlock: 69,
    scrolllock: 70,
    f11: 87,
    f12: 88,
    rctrl: 97,
    sysrq: 99,
    ralt: 100,
    home: 102,
    up: 103,
    pageup: 104,
    left: 105,
    right: 106,
    end: 107,
    down: 108,
    pagedown: 109,
    insert: 110,
    del: 111,
    pause: 119,
    meta: 125,
    menu: 127,
    minus: 12, // the one sign that stands between the others
  }),
);

const ALIASES = new Map(
  Object.entries({
    escape: 'esc',
    return: 'enter',
    ret: 'enter',
    control: 'ctrl',
    delete: 'del',
    ins: 'insert',
    pgup: 'pageup',
    pgdn: 'pagedown',
    win: 'meta',
    super: 'meta',
    print: 'sysrq',
  }),
);

/** Rows of a US keyboard: the first code, the characters, and those with Shift. */
const ROWS: readonly (readonly [number, string, string])[] = [
  [2, '1234567890-=', '!@#$%^&*()_+'],
  [16, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
];

const CHARACTERS: ReadonlyMap<string, KeyPress> = new Map<string, KeyPress>([
  ...ROWS.flatMap(([first, plain, shifted]) => [
    ...[...plain].map((character, at): [string, KeyPress] => [character, [first + at]]),
    ...[...shifted].map((character, at): [string, KeyPress] => [character, [LEFT_SHIFT, first + at]]),
  ]),
  [' ', [57]],
  ['\n', [28]],
  ['\t', [15]],
]);

/** Reads `ctrl-alt-del`, `f2`, `shift-a`, `ctrl-minus`. Throws `KEY_UNKNOWN`. */
export function keyPress(text: string): KeyPress {
  const words = text === '-' ? ['-'] : text.split('-');
  const codes = words.map((word) => codeOf(word, text));
  if (codes.length > MAX_TOGETHER) {
    throw new Fault('invalid', 'KEY_UNKNOWN', `"${text}" are more keys than can be held together`, {
      hint: `Name ${MAX_TOGETHER} at most.`,
    });
  }
  return codes;
}

/** The keys that type a text. Throws `KEY_UNKNOWN` for a character that a US keyboard has not. */
export function keysOfText(text: string): readonly KeyPress[] {
  const characters = [...text];
  if (characters.length > MAX_PRESSES) {
    throw new Fault('invalid', 'KEY_UNKNOWN', `The text has ${characters.length} characters`, {
      hint: `Type ${MAX_PRESSES} at a time, or write a file: novalet cp`,
    });
  }
  return characters.map((character) => {
    const press = CHARACTERS.get(character);
    if (press !== undefined) return press;
    throw new Fault('invalid', 'KEY_UNKNOWN', `A US keyboard has no key for ${JSON.stringify(character)}`, {
      hint: 'Only ASCII can be typed; put other text into the guest with novalet cp.',
    });
  });
}

function codeOf(word: string, text: string): number {
  const name = word.toLowerCase();
  const code = NAMED.get(ALIASES.get(name) ?? name) ?? CHARACTERS.get(name)?.at(-1);
  if (code !== undefined) return code;
  throw new Fault(
    'invalid',
    'KEY_UNKNOWN',
    `There is no key "${word}"${word === text ? '' : ` in "${text}"`}`,
    {
      hint: `Keys are single characters and ${[...NAMED.keys()].join(', ')}; held together as in ctrl-alt-del.`,
    },
  );
}
