// Asks for documents of the sample instance as the server would, without a socket.

import { metadataDocuments } from '../../../src/metadata/index.ts';
import { decide } from '../../../src/metadata-service/answer.ts';
import type { Answer } from '../../../src/metadata-service/answer-shapes.ts';
import type { Documents } from '../../../src/metadata-service/index.ts';
import { Tokens } from '../../../src/metadata-service/tokens.ts';
import { fullInput, plainInput } from '../metadata/sample.ts';

const { adminPassword: _inClear, ...withoutPassword } = fullInput();

/** Of an instance with everything set, but for the password that only a drive carries. */
export const FULL: ReadonlyMap<string, Uint8Array> = metadataDocuments(withoutPassword);
export const PLAIN: Documents = metadataDocuments(plainInput());

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly documents?: Documents;
  readonly instance?: string;
  readonly isProxied?: boolean;
  readonly tokens?: Tokens;
  readonly nowS?: number;
}

export function decideOn(target: string, ask: Ask = {}): ReturnType<typeof decide> {
  const headers = Object.entries(ask.headers ?? {}).map(([name, value]) => [name, [value]] as const);
  return decide(
    {
      method: ask.method ?? 'GET',
      target,
      headers: Object.fromEntries(headers),
      body: Buffer.from(ask.body ?? '', 'latin1'),
    },
    {
      instance: ask.instance ?? 'one',
      documents: ask.documents ?? FULL,
      isProxied: ask.isProxied ?? false,
    },
    { tokens: ask.tokens ?? new Tokens(), nowS: ask.nowS ?? 0 },
  );
}

/** What was answered at once; throws where something has to be looked up first. */
export function answerTo(target: string, ask: Ask = {}): Answer {
  const decision = decideOn(target, ask);
  if (decision.kind !== 'answer') throw new Error(`${target}: ${decision.kind}`);
  return decision.answer;
}

export function textOf({ body }: Pick<Answer, 'body'>): string {
  return Buffer.from(body).toString();
}

/** The text of a document that is there. */
export function read(target: string, ask: Ask = {}): string {
  const answer = answerTo(target, ask);
  if (answer.status !== 200) throw new Error(`${target}: ${answer.status}`);
  return textOf(answer);
}
