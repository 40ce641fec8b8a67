// SSH public keys as people hand them over. Checked by content (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, OpenSSH
// PROTOCOL.u2f), so that a key that no guest can use is refused before the launch, and a private key never gets on a drive.
import { Fault } from '../base/index.ts';

export interface KeyPair {
  readonly name: string;
  /** One line: type, base64 blob, and the comment if there is one. Made by `parsePublicKey`. */
  readonly publicKey: string;
}

const MAX_CHARACTERS = 16_384;
const PRIVATE = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----|^PuTTY-User-Key-File-/m;
/** Other forms of public keys, which guests do not take. */
const FOREIGN =
  /-----BEGIN [A-Z0-9 ]*PUBLIC KEY-----|---- BEGIN SSH2 PUBLIC KEY ----|-----BEGIN CERTIFICATE-----/;

/**
 * Reads one public key, the content of an `id_*.pub` file. Blank lines and lines of comment around it are dropped. Throws
 * `SSH_KEY_IS_PRIVATE` or `SSH_KEY_INVALID`; neither repeats the text.
 */
export function parsePublicKey(name: string, text: string): KeyPair {
  if (PRIVATE.test(text)) throw privateKey(name);
  if (FOREIGN.test(text)) throw invalid(name, 'it is not in the one-line form of OpenSSH');
  if (text.length > MAX_CHARACTERS) throw invalid(name, `it is longer than ${MAX_CHARACTERS} characters`);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const [line] = keys;
  if (line === undefined) throw invalid(name, 'there is no key in it');
  if (keys.length > 1) throw invalid(name, `it has ${keys.length} lines; give each key by itself`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a control character would break out of the guest's file
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw invalid(name, 'it holds control characters');
  const [type = '', blob = '', ...comment] = line.split(/[ \t]+/);
  checkBlob(name, type, blob);
  return { name, publicKey: [type, blob, ...comment].join(' ') };
}

type Field = (field: Buffer) => boolean;

const RSA: readonly Field[] = [isMultiplePrecision(1), isMultiplePrecision(128)];
const ED25519: readonly Field[] = [(field) => field.length === 32];
const APPLICATION: Field = (field) => field.length > 0;

/** What stands behind the type in the blob, for each type that OpenSSH takes. */
const TYPES: ReadonlyMap<string, readonly Field[]> = new Map([
  ['ssh-rsa', RSA],
  ['ssh-ed25519', ED25519],
  ['ecdsa-sha2-nistp256', ecdsa('nistp256', 32)],
  ['ecdsa-sha2-nistp384', ecdsa('nistp384', 48)],
  ['ecdsa-sha2-nistp521', ecdsa('nistp521', 66)],
  ['sk-ssh-ed25519@openssh.com', [...ED25519, APPLICATION]],
  ['sk-ecdsa-sha2-nistp256@openssh.com', [...ecdsa('nistp256', 32), APPLICATION]],
]);

function ecdsa(curve: string, coordinateBytes: number): readonly Field[] {
  return [
    (field) => field.toString('latin1') === curve,
    (field) => field.length === 1 + 2 * coordinateBytes && field[0] === 4, // an uncompressed point
  ];
}

function isMultiplePrecision(minBytes: number): Field {
  return (field) => field.length >= minBytes && (field[0] ?? 0x80) < 0x80;
}

function checkBlob(name: string, type: string, blob: string): void {
  const fields = TYPES.get(type);
  if (fields === undefined) {
    throw invalid(
      name,
      `it does not begin with a key type that OpenSSH takes (${[...TYPES.keys()].join(', ')})`,
    );
  }
  const bytes = Buffer.from(blob, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== blob)
    throw invalid(name, 'its second word is not base64');
  const [inner, ...found] = readStrings(name, bytes);
  if (inner?.toString('latin1') !== type)
    throw invalid(name, `it says ${type}, and its content says otherwise`);
  const fits =
    found.length === fields.length && fields.every((fits, at) => fits(found[at] ?? Buffer.alloc(0)));
  if (!fits) throw invalid(name, `its content is not a whole ${type} key`);
}

/** The blob's strings, each behind its length in 32 bits. */
function readStrings(name: string, blob: Buffer): readonly Buffer[] {
  const strings: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    const end = at + 4 > blob.length ? Number.POSITIVE_INFINITY : at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) throw invalid(name, 'its content ends too early');
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

function invalid(name: string, why: string): Fault {
  return new Fault('invalid', 'SSH_KEY_INVALID', `The SSH public key "${name}" cannot be used: ${why}`, {
    hint: 'Give the content of a file such as ~/.ssh/id_ed25519.pub; ssh-keygen -l -f FILE shows whether it is whole.',
  });
}

function privateKey(name: string): Fault {
  return new Fault(
    'invalid',
    'SSH_KEY_IS_PRIVATE',
    `"${name}" is a private key, which must not leave its owner`,
    {
      hint: 'Give the public half instead: the file that ends in .pub, or what ssh-keygen -y -f FILE prints.',
    },
  );
}
