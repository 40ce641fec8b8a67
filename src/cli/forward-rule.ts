// What `forward` is told: `8080:80`, `0.0.0.0:8080:80`, `8080:/run/app.sock`, `/tmp/app.sock:80`, `8080:db:5432`.
import type { ForwardRule, LocalAddress } from '../compute/index.ts';
import { invalid } from './values.ts';

type GuestEnd = ForwardRule['guest'];

const BIND = '127.0.0.1';
/** As long as a unix socket's address may be. */
const LONGEST_PATH = 107;
const HOST = /^[A-Za-z0-9_.%-]{1,255}$|^[0-9A-Fa-f:.%a-z]{2,64}$/;

/** `[BIND:]PORT[:[HOST:]PORT]`, with a path in place of either end. Throws `OPTION_INVALID`. */
export function readForwardRule(text: string): ForwardRule {
  const parts = splitAtColons(text);
  const [first = '', second, third, fourth] = parts;
  if (parts.length === 1 && isPort(first)) return rule(text, local(BIND, first), within(BIND, first));
  if (parts.length === 2) {
    return rule(text, localEnd(first), guestEnd(second ?? ''));
  }
  if (parts.length === 3 && isPort(first)) {
    return rule(text, local(BIND, first), within(second ?? '', third ?? ''));
  }
  if (parts.length === 3 && isPath(first)) {
    return rule(text, pathOf(first), within(second ?? '', third ?? ''));
  }
  if (parts.length === 3) return rule(text, local(first, second ?? ''), guestEnd(third ?? ''));
  if (parts.length === 4) return rule(text, local(first, second ?? ''), within(third ?? '', fourth ?? ''));
  throw wrong(text);
}

function localEnd(text: string): LocalAddress | undefined {
  return isPath(text) ? pathOf(text) : local(BIND, text);
}

function guestEnd(text: string): GuestEnd | undefined {
  if (isPath(text)) return text.startsWith('/') ? pathOf(text) : undefined;
  return within(BIND, text);
}

function local(host: string, port: string): LocalAddress | undefined {
  return isPort(port) && HOST.test(host) ? { host, port: Number(port) } : undefined;
}

function within(host: string, port: string): GuestEnd | undefined {
  return isPort(port) && Number(port) > 0 && HOST.test(host) ? { host, port: Number(port) } : undefined;
}

function pathOf(path: string): { readonly path: string } | undefined {
  return Buffer.byteLength(path) <= LONGEST_PATH && !path.includes('\0') ? { path } : undefined;
}

function rule(text: string, here: LocalAddress | undefined, there: GuestEnd | undefined): ForwardRule {
  if (here === undefined || there === undefined) throw wrong(text);
  return { local: here, guest: there };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function isPath(text: string): boolean {
  return text.startsWith('/') || text.startsWith('./');
}

/** Those in brackets are an IPv6 address's. */
function splitAtColons(text: string): readonly string[] {
  const parts = text.match(/(?:\[[^\]]*\]|[^:[\]])+/g) ?? [];
  if (parts.join(':') !== text) return [];
  return parts.map((part) => (part.startsWith('[') && part.endsWith(']') ? part.slice(1, -1) : part));
}

function wrong(text: string): Error {
  return invalid(
    `"${text}" is nothing that can be forwarded`,
    'Write PORT-HERE:PORT-IN-THE-GUEST, for example 8080:80; an address or a path may stand for either end.',
  );
}
