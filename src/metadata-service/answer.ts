// What one request of one instance is answered. Pure: tokens are sealed and not kept, and what has to be looked up or
// written is said to whoever asks (server.ts).
import { type Answer, refusal, textAnswer } from './answer-shapes.ts';
import { answerEc2 } from './ec2.ts';
import type { Documents } from './guest-records.ts';
import { answerNoCloud } from './nocloud.ts';
import { answerOpenStack, isPassword } from './openstack.ts';
import type { GuestRequest } from './request.ts';
import { readPath } from './request-path.ts';
import { MOST_TTL_S, readTtl, type Tokens } from './tokens.ts';

/** Who asks, and what is to be known of it. */
export interface Asker {
  readonly instance: string;
  readonly documents: Documents;
  /** Asked through a proxy, which names the guest in X-Forwarded-For itself. */
  readonly isProxied: boolean;
}

export interface TokenDesk {
  readonly tokens: Tokens;
  /** Seconds of a clock that never goes back. */
  readonly nowS: number;
}

export type Decision =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'tell-password' }
  | { readonly kind: 'keep-password'; readonly password: string };

/** Nova keeps a password in four values of 255 characters. */
const MOST_PASSWORD_BYTES = 1020;
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN_HEADER = 'x-aws-ec2-metadata-token';

export function decide(request: GuestRequest, asker: Asker, desk: TokenDesk): Decision {
  const path = readPath(request.target);
  if (path.kind === 'refused') return answered(refusal(path.status, 'This is no path to a document.'));
  const { names } = path;
  const [top, ...below] = names;
  const ec2 = top === 'ec2' ? below : names;
  if (ec2.join('/') === 'latest/api/token') return answered(newToken(request, asker, desk));
  if (!isTokenGood(request, asker, desk)) return answered(refusal(401, 'The token is not valid here.'));
  if (top === 'openstack' && isPassword(asker.documents, below)) return decidePassword(request);
  if (!isRead(request)) return answered(notAllowed('GET, HEAD'));
  return answered(answerRead(asker.documents, names));
}

/** What stands at these names for whoever reads. */
export function answerRead(documents: Documents, names: readonly string[]): Answer {
  const [top, ...below] = names;
  if (top === 'openstack') return answerOpenStack(documents, below);
  if (top === 'nocloud') return answerNoCloud(documents, below);
  return answerEc2(documents, top === 'ec2' ? below : names);
}

/** A path as a guest asks for it, and what it would be given; undefined where there is nothing. */
export function readAsGuest(documents: Documents, path: string): Uint8Array | undefined {
  const read = readPath(`/${path.replace(/^\/+/, '')}`);
  if (read.kind === 'refused') return undefined;
  const answer = answerRead(documents, read.names);
  return answer.status === 200 ? answer.body : undefined;
}

/** As on AWS: a request that was forwarded is not the guest's own, and gets none. */
function newToken({ method, headers }: GuestRequest, asker: Asker, { tokens, nowS }: TokenDesk): Answer {
  if (method !== 'PUT') return notAllowed('PUT');
  const forwarded = (headers['x-forwarded-for'] ?? []).join(',').split(',');
  const isForwarded = asker.isProxied ? forwarded.length > 1 : forwarded.join('') !== '';
  if (isForwarded) return refusal(403, 'No token is given to a proxy.');
  const [ttl, another] = headers[TTL_HEADER] ?? [];
  const ttlS = another === undefined ? readTtl(ttl) : undefined;
  if (ttlS === undefined) return refusal(400, `${TTL_HEADER} is to be 1 to ${MOST_TTL_S}.`);
  return { ...textAnswer(tokens.issue(asker.instance, ttlS, nowS)), headers: { [TTL_HEADER]: String(ttlS) } };
}

/** None is needed; one that is shown has to be right. */
function isTokenGood({ headers }: GuestRequest, { instance }: Asker, { tokens, nowS }: TokenDesk): boolean {
  const shown = headers[TOKEN_HEADER] ?? [];
  const [token = ''] = shown;
  return shown.length === 0 || (shown.length === 1 && tokens.isValid(token, instance, nowS));
}

/** The password is encrypted by the guest; printable all the same, since people will see it. */
function decidePassword(request: GuestRequest): Decision {
  if (isRead(request)) return { kind: 'tell-password' };
  if (request.method !== 'POST') return answered(notAllowed('GET, HEAD, POST'));
  const { body } = request;
  if (body.length > MOST_PASSWORD_BYTES) {
    return answered(refusal(400, `A password has at most ${MOST_PASSWORD_BYTES} bytes.`));
  }
  const password = Buffer.from(body).toString('latin1');
  if (!/^[\x20-\x7e\r\n]+$/.test(password)) return answered(refusal(400, 'A password is printable ASCII.'));
  return { kind: 'keep-password', password };
}

/** What `tell-password` is answered; empty when nothing was posted. */
export function passwordAnswer(password: string): Answer {
  return textAnswer(password);
}

/** What `keep-password` is answered: only the first is kept. */
export function keptAnswer(isKept: boolean): Answer {
  return isKept ? textAnswer('') : refusal(409, 'There is a password already.');
}

function isRead({ method }: GuestRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function notAllowed(allow: string): Answer {
  return refusal(405, 'Not by this method.', { Allow: allow });
}

function answered(answer: Answer): Decision {
  return { kind: 'answer', answer };
}
