// novalet metadata INSTANCE [PATH]
import { Fault, formatBytes } from '../../base/index.ts';
import type { Compute } from '../../compute/index.ts';
import type { DocumentsByPath } from '../../metadata/index.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import { outlet } from './guest-output.ts';

interface MetadataOptions {
  readonly reveal?: boolean;
}

/** What the guest posted; no document, and nobody's secret but the key's owner's. */
const PASSWORD = 'openstack/latest/password';

export const metadata: Define = (command, session) => {
  command
    .description(
      'Show what a guest may read about itself on its drive or at the metadata service, as it is now: all documents, or the one at a path. What is secret is masked: passwords, hashes, the random seed, user data, injected files.',
    )
    .argument('<instance>', INSTANCE)
    .argument('[path]', 'of a document or a list of them, as a guest asks for it')
    .option('--reveal', 'show what is secret, too')
    .action(async (ref: string, path: string | undefined, options: MetadataOptions) => {
      if (path === undefined) await list(session, ref);
      else await show(session, ref, { path, reveal: options.reveal === true });
    });
};

async function list(session: Session, ref: string): Promise<void> {
  const rows = await session.query(async ({ documents }) => {
    const found = await documents.service(ref);
    const posted = await documents.postedPassword(ref);
    const sizes = [...found.keys()].map((path) => [path, found.get(path)?.length ?? 0] as const);
    const password = posted === undefined ? [] : [[PASSWORD, Buffer.byteLength(posted)] as const];
    return [...sizes, ...password].sort(([a], [b]) => (a < b ? -1 : 1));
  });
  await session.print({
    data: { instance: ref, documents: rows.map(([path, size]) => ({ path, size_bytes: size })) },
    text: () =>
      formatTable({ head: ['PATH', 'SIZE'], rows: rows.map(([path, size]) => [path, formatBytes(size)]) }),
  });
}

interface Wanted {
  readonly path: string;
  readonly reveal: boolean;
}

async function show(session: Session, ref: string, wanted: Wanted): Promise<void> {
  const bytes = await session.query((compute) => read(compute, ref, wanted));
  if (bytes === undefined) throw unknownPath(ref, wanted.path);
  if (session.options.output !== 'table') {
    await session.print({ data: record(ref, wanted.path, bytes), text: () => '' });
    return;
  }
  const isTerminal = session.streams.stdout.isTTY === true;
  await outlet(session)(isTerminal ? forPeople(bytes) : bytes);
}

/** First as a drive has it, by its whole name; then as the metadata service answers, where EC2's meta-data are a tree. */
async function read(
  { documents }: Compute,
  ref: string,
  { path, reveal }: Wanted,
): Promise<Uint8Array | undefined> {
  const found = reveal ? await documents.service(ref) : await documents.masked(ref);
  const name = path.replace(/^\/+/, '').replace(/\/+$/, '');
  if (/^openstack\/[^/]+\/password$/.test(name)) {
    const posted = await documents.postedPassword(ref);
    return posted === undefined ? undefined : Buffer.from(posted);
  }
  return found.get(name) ?? (await asService(found, name));
}

async function asService(found: DocumentsByPath, name: string): Promise<Uint8Array | undefined> {
  const { readAsGuest } = await import('../../metadata-service/index.ts');
  return readAsGuest(found, name);
}

/** JSON is for reading, and a prompt begins on a line of its own. */
function forPeople(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('utf8');
  const indented = asJson(text);
  if (indented !== undefined) return Buffer.from(`${indented}\n`);
  return text === '' || text.endsWith('\n') ? bytes : Buffer.from(`${text}\n`);
}

function asJson(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function record(ref: string, path: string, bytes: Uint8Array) {
  const text = Buffer.from(bytes).toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  const content = isText ? { text } : { base64: Buffer.from(bytes).toString('base64') };
  return { instance: ref, path, size_bytes: bytes.length, ...content };
}

function unknownPath(ref: string, path: string): Fault {
  return new Fault('not-found', 'METADATA_PATH_UNKNOWN', `A guest finds nothing at "${path}"`, {
    hint: `novalet metadata ${ref} lists what there is.`,
  });
}
