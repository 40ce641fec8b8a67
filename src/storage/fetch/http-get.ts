// One GET: proxies from the environment, bounded redirects, a limit on the wait for an answer. Knows no file.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { errnoCode, Fault, type FaultKind, isFault, within } from '../../base/index.ts';
import { printable } from './image-source.ts';

export interface HttpOptions {
  readonly signal?: AbortSignal | undefined;
  /** `http_proxy`, `https_proxy`, `no_proxy`, in either case; the process's environment by default. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>> | undefined;
  /** Until an answer's first line is there, each time it redirects too; 30 s by default. */
  readonly answerMs?: number | undefined;
  /** Whether https may redirect to http: only where a checksum from elsewhere holds the content to its word. */
  readonly mayLeaveTls?: boolean;
}

export interface HttpAnswer {
  /** 200, 206 or 416; everything else was thrown. */
  readonly status: number;
  readonly response: IncomingMessage;
}

const MAX_REDIRECTS = 10;
const ANSWER_MS = 30_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Gets `url`, through redirects. The caller reads or destroys the response. Throws `URL_NOT_FOUND`, `URL_DENIED`,
 * `URL_UNAVAILABLE`, `URL_REFUSED`, `URL_UNREACHABLE`, `URL_TLS_FAILED`, `URL_TIMEOUT`, `URL_REDIRECT_LOOP`,
 * `URL_REDIRECT_REFUSED`, `PROXY_INVALID`, `CANCELLED`.
 */
export async function httpGet(
  url: URL,
  headers: Readonly<Record<string, string>>,
  options: HttpOptions = {},
): Promise<HttpAnswer> {
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await ask(at, at.host === url.host ? { ...headers, ...login(url) } : headers, options);
    const status = response.statusCode ?? 0;
    if (!REDIRECTS.has(status)) {
      if (status === 200 || status === 206 || status === 416) return { status, response };
      response.destroy();
      throw statusFault(at, status);
    }
    response.destroy();
    at = redirected(at, response.headers.location, options.mayLeaveTls ?? false);
  }
  throw new Fault(
    'refused',
    'URL_REDIRECT_LOOP',
    `${printable(url)} redirects more than ${MAX_REDIRECTS} times`,
    {
      hint: 'Open the address in a browser and use the one it ends at.',
    },
  );
}

async function ask(
  url: URL,
  headers: Record<string, string>,
  options: HttpOptions,
): Promise<IncomingMessage> {
  const what = `an answer from ${printable(url)}`;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = start(url, { 'accept-encoding': 'identity', 'user-agent': 'novalet', ...headers }, options);
  request.once('response', resolve);
  request.once('error', reject);
  request.end();
  try {
    return await within(options.answerMs ?? ANSWER_MS, what, () => promise, {
      signal: options.signal,
      code: 'URL_TIMEOUT',
      hint: 'Check the network, or set https_proxy where one is needed.',
    });
  } catch (error) {
    request.on('error', () => undefined); // it is being destroyed, and nobody waits for it any more
    request.destroy();
    throw isFault(error) ? error : connectionFault(url, error);
  }
}

function start(url: URL, headers: Record<string, string>, options: HttpOptions) {
  const agentOptions = { proxyEnv: { ...(options.proxyEnv ?? process.env) }, keepAlive: false };
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  try {
    return url.protocol === 'https:'
      ? httpsRequest(bare, { headers, agent: new HttpsAgent(agentOptions) })
      : httpRequest(bare, { headers, agent: new HttpAgent(agentOptions) });
  } catch (cause) {
    throw new Fault('invalid', 'PROXY_INVALID', 'The proxy in the environment is not a usable URL', {
      cause,
      hint: 'Set http_proxy and https_proxy to http://HOST:PORT, or unset them.',
    });
  }
}

function login(url: URL): Record<string, string> {
  if (url.username === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function redirected(from: URL, location: string | undefined, mayLeaveTls: boolean): URL {
  const to =
    location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isWeb = to?.protocol === 'https:' || to?.protocol === 'http:';
  const leavesTls = from.protocol === 'https:' && to?.protocol === 'http:';
  if (to !== undefined && isWeb && (mayLeaveTls || !leavesTls)) return to;
  const where = to === undefined ? 'nowhere' : printable(to);
  throw new Fault(
    'refused',
    'URL_REDIRECT_REFUSED',
    `${printable(from)} redirects to ${where}, which is not followed`,
    {
      hint: leavesTls
        ? 'It leaves https; give a checksum, and it is followed.'
        : 'Use the address of the file itself.',
    },
  );
}

function statusFault(url: URL, status: number): Fault {
  const [kind, code, hint] = statusMeaning(status);
  return new Fault(kind, code, `${printable(url)} answered with HTTP status ${status}`, {
    hint,
    details: { status },
  });
}

function statusMeaning(status: number): [FaultKind, string, string] {
  if (status === 404 || status === 410) return ['not-found', 'URL_NOT_FOUND', 'Check the address.'];
  if ([401, 403, 407].includes(status))
    return ['denied', 'URL_DENIED', 'The server, or the proxy, wants a login.'];
  if (status >= 500 || status === 429 || status === 408) {
    return ['unavailable', 'URL_UNAVAILABLE', 'Try again later, or use a mirror.'];
  }
  return ['refused', 'URL_REFUSED', 'Check the address.'];
}

function connectionFault(url: URL, cause: unknown): Fault {
  const code = errnoCode(cause) ?? '';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return new Fault('refused', 'URL_TLS_FAILED', `No trusted TLS connection to ${url.host} (${code})`, {
      cause,
      hint: 'Check the clock and the CA certificates; a private CA goes into NODE_EXTRA_CA_CERTS.',
    });
  }
  return new Fault(
    'unavailable',
    'URL_UNREACHABLE',
    `Cannot reach ${url.host} (${code || 'connection lost'})`,
    {
      cause,
      hint: 'Check the network and the name, or set https_proxy where one is needed.',
    },
  );
}
