// One request from its first line to its answer: who asks, whether too often, what with, and what for.
import type { IncomingMessage } from 'node:http';
import { asFault, Rate, type Secret, within } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import { decide, keptAnswer, passwordAnswer } from './answer.ts';
import { type Answer, NOT_FOUND, refusal } from './answer-shapes.ts';
import { DocumentCache } from './document-cache.ts';
import type { GuestRecords } from './guest-records.ts';
import { readProxyHeaders } from './proxy.ts';
import type { MetadataLimits } from './service-limits.ts';
import { Tokens } from './tokens.ts';

/** The two ends of a connection. IPv4 addresses are written as such, also on a socket for both versions. */
export interface SocketFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** How it is known which instance asks. Headers say nothing to `direct`, and addresses say nothing to `proxy`. */
export type Identification =
  | { readonly kind: 'direct'; readonly whoAsks: (facts: SocketFacts) => string | undefined }
  /** The secret is `metadata_proxy_shared_secret` of Neutron's agent. */
  | { readonly kind: 'proxy'; readonly secret: Secret };

export interface ExchangeOptions {
  readonly identification: Identification;
  readonly records: GuestRecords;
  readonly limits: MetadataLimits;
  readonly log: Pick<Log, 'warn'>;
}

/** What is answered, and whether the connection is of use after it. */
export interface Reply {
  readonly answer: Answer;
  readonly isLast: boolean;
}

/** Longer than any body that means something; the rest is not read. */
const MOST_BODY_BYTES = 4096;

const TOO_OFTEN = refusal(429, 'Too many requests; ask again in a second.', { 'Retry-After': '1' });

interface Named {
  readonly instance: string;
  /** Only where a proxy named it. */
  readonly project?: string;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #rate: Rate;
  readonly #tokens = new Tokens();
  readonly #documents: DocumentCache;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#rate = new Rate(options.limits.requestsPerSecond);
    const { records } = options;
    this.#documents = new DocumentCache(
      (instance) => this.#asked(records.documents(instance)),
      records.version?.bind(records),
    );
  }

  /** Never throws, but where the guest left before its request was whole. */
  async reply(message: IncomingMessage, facts: SocketFacts): Promise<Reply> {
    const who = this.#whoAsks(message, facts);
    const isKnown = 'instance' in who;
    const payer = isKnown ? who.instance : `no instance: ${facts.remoteAddress}`;
    if (!this.#rate.admits(payer, performance.now())) return last(TOO_OFTEN);
    if (!isKnown) return last(who);
    const mayHaveBody = message.method === 'POST' || message.method === 'PUT';
    if (!mayHaveBody && hasBody(message)) return last(refusal(400, 'This request has no body.'));
    const body = await readBody(message);
    if (body === undefined) return last(refusal(413, 'The body is too long.'));
    try {
      return { answer: await this.#answer(message, who, body), isLast: false };
    } catch (error) {
      return last(this.#failed(error, who.instance));
    }
  }

  #whoAsks(message: IncomingMessage, facts: SocketFacts): Named | Answer {
    const { identification } = this.#options;
    if (identification.kind === 'proxy') {
      const read = readProxyHeaders(message.headersDistinct, identification.secret);
      return read.kind === 'refused' ? read.answer : read;
    }
    try {
      const instance = identification.whoAsks(facts);
      return instance === undefined ? NOT_FOUND : { instance };
    } catch (error) {
      return this.#failed(error, facts.remoteAddress);
    }
  }

  #failed(error: unknown, asker: string): Answer {
    this.#options.log.warn(
      { err: asFault(error), asker },
      'metadata service: a request could not be answered',
    );
    return refusal(500, 'This cannot be answered now.');
  }

  async #answer(message: IncomingMessage, { instance, project }: Named, body: Uint8Array): Promise<Answer> {
    const { records, identification } = this.#options;
    if (project !== undefined && project !== (await this.#asked(records.project(instance)))) return NOT_FOUND;
    const documents = await this.#documents.get(instance, performance.now());
    if (documents === undefined) return NOT_FOUND;
    const { method = '', url: target = '', headersDistinct: headers } = message;
    const decision = decide(
      { method, target, headers, body },
      { instance, documents, isProxied: identification.kind === 'proxy' },
      { tokens: this.#tokens, nowS: performance.now() / 1000 },
    );
    switch (decision.kind) {
      case 'answer':
        return decision.answer;
      case 'tell-password':
        return passwordAnswer(await this.#asked(records.password(instance)));
      case 'keep-password':
        return keptAnswer(await this.#asked(records.keepPassword(instance, decision.password)));
      default:
        return decision satisfies never;
    }
  }

  async #asked<T>(answer: Promise<T>): Promise<T> {
    return await within(this.#options.limits.answerMs, 'the records of a guest', () => answer);
  }
}

/** The rest of the connection is worth nothing: whoever was refused like this comes again by another. */
function last(answer: Answer): Reply {
  return { answer, isLast: true };
}

function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return coding !== undefined || Number(length) > 0;
}

/** Undefined where it is longer than anything that is wanted. */
async function readBody(message: IncomingMessage): Promise<Uint8Array | undefined> {
  if (!hasBody(message)) return new Uint8Array();
  if (Number(message.headers['content-length'] ?? 0) > MOST_BODY_BYTES) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    const piece: Uint8Array = chunk;
    bytes += piece.length;
    if (bytes > MOST_BODY_BYTES) return undefined;
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}
