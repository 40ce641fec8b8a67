// Identifiers: UUIDs, MAC addresses, readable names. With the global crypto, which loads when it is first used: importing
// node:crypto would cost every command 5 ms.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A random UUID, version 4, lower case (RFC 9562). */
export function newUuid(): string {
  return crypto.randomUUID();
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A random MAC address under `fa:16:3e`, the prefix that Neutron's base_mac uses. */
export function newMac(): string {
  const random = crypto.getRandomValues(new Uint8Array(3));
  return ['fa:16:3e', ...Array.from(random, (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

const FIRST =
  'amber brave calm clever crisp early fair gentle grand happy keen kind lively lucky merry mild noble proud quick quiet ready sharp smooth steady sunny swift tidy warm wise young'.split(
    ' ',
  );
const SECOND =
  'badger beaver birch cedar comet crane dune falcon fern finch fjord heron iris lark lynx maple marten meadow otter owl pine plover raven reef robin sparrow swan tern willow wren'.split(
    ' ',
  );

/** A readable name such as `calm-otter`; the caller checks that it is free. */
export function readableName(): string {
  return `${anyOf(FIRST)}-${anyOf(SECOND)}`;
}

/** Not for secrets. */
function anyOf(words: readonly string[]): string | undefined {
  return words[Math.floor(Math.random() * words.length)];
}
