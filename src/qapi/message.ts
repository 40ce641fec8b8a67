// Messages of QMP and QGA: a line of bytes into one of three things, or a word on why not.
// Knows the envelope; knows no command. Rules: QEMU, docs/interop/qmp-spec.

/** How deep a reply may nest; the deepest that the agent's schema has is far below. */
const DEPTH_LIMIT = 100;

export type Message =
  | { readonly kind: 'return'; readonly id: unknown; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: unknown; readonly class: string; readonly desc: string }
  | { readonly kind: 'event'; readonly name: string; readonly data: unknown }
  | { readonly kind: 'invalid'; readonly why: string };

/** Reads one message; never throws. */
export function decodeMessage(line: Buffer | string): Message {
  const text = typeof line === 'string' ? line : line.toString('utf8');
  if (nestsTooDeep(text)) return invalid(`it nests deeper than ${DEPTH_LIMIT} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return invalid(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  return isRecord(value) ? readEnvelope(value) : invalid('it is not an object');
}

/** One request as a line; `id` comes back with the reply. */
export function encodeRequest(command: string, args: object | undefined, id?: number): string {
  return JSON.stringify({ execute: command, arguments: args, id });
}

/** Whether a value is a JSON object: neither null nor a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readEnvelope(value: Readonly<Record<string, unknown>>): Message {
  const id = Object.hasOwn(value, 'id') ? value['id'] : undefined;
  if (Object.hasOwn(value, 'return')) return { kind: 'return', id, value: value['return'] };
  const error = Object.hasOwn(value, 'error') ? value['error'] : undefined;
  if (isRecord(error)) {
    const { class: errorClass, desc } = error;
    if (typeof errorClass !== 'string') return invalid('error.class is not a string');
    if (typeof desc !== 'string') return invalid('error.desc is not a string');
    return { kind: 'error', id, class: errorClass.slice(0, 100), desc };
  }
  const name = Object.hasOwn(value, 'event') ? value['event'] : undefined;
  if (typeof name === 'string') return { kind: 'event', name, data: value['data'] };
  return invalid('it has neither "return" nor "error"');
}

function invalid(why: string): Message {
  return { kind: 'invalid', why };
}

/** Looks at brackets outside of strings only, and jumps over strings, which are nearly all of a long reply. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x22) {
      at = endOfString(text, at);
    } else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > DEPTH_LIMIT) return true;
    } else if (char === 0x7d || char === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
