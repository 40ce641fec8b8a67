// What a guest is answered: a status, what describes the body, and the body. Knows no socket.

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
  /** Besides the type and the length. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function textAnswer(text: string): Answer {
  return { status: 200, type: TEXT, body: Buffer.from(text) };
}

/** `type` of what only its owner can read is no text. */
export function bytesAnswer(body: Uint8Array, type = 'application/octet-stream'): Answer {
  return { status: 200, type, body };
}

export function jsonAnswer(body: Uint8Array): Answer {
  return { status: 200, type: 'application/json', body };
}

/** A sentence for whoever looks at it with curl. */
export function refusal(status: number, sentence: string, headers: Answer['headers'] = {}): Answer {
  return { status, type: TEXT, body: Buffer.from(`${sentence}\n`), headers };
}

const TEXT = 'text/plain; charset=utf-8';

/** One for what is not there and what is nobody's. */
export const NOT_FOUND = refusal(404, 'There is nothing here.');
