import { dirname, isAbsolute, join } from 'node:path';
import { Fault } from '../base/index.ts';
import { withFileSource } from './inspection/index.ts';
import { isThere } from './presence.ts';

const MAGIC = 0x514649fb;
const HEADER_BYTES = 20;
/** QEMU's own bound. */
const MAX_NAME_BYTES = 1023;
/** More files than anybody stacks; a chain that leads back to itself ends here. */
const MAX_DEPTH = 256;

/**
 * The first file of the chain under `path` that is not there; undefined when all are. A disk over something that is no file,
 * such as an NBD export, ends the chain. Throws `FILE_MISSING` for `path` itself, and `DISK_CHAIN_ENDLESS`.
 */
export async function missingBase(path: string): Promise<string | undefined> {
  let current = path;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const below = await backingFile(current);
    if (below === undefined) return undefined;
    if (!(await isThere(below))) return below;
    current = below;
  }
  throw new Fault('corrupt', 'DISK_CHAIN_ENDLESS', `${path} lies over more than ${MAX_DEPTH} files`, {
    hint: 'qemu-img info --backing-chain shows them; one of them may lie over itself.',
  });
}

/** Of a file that is no qcow2, and of a qcow2 of its own: undefined. */
async function backingFile(path: string): Promise<string | undefined> {
  const name = await withFileSource(path, async (source) => {
    const header = await source.read(0, HEADER_BYTES);
    if (header.length < HEADER_BYTES || header.readUInt32BE(0) !== MAGIC) return '';
    const at = header.readBigUInt64BE(8);
    const length = header.readUInt32BE(16);
    if (at === 0n || length > MAX_NAME_BYTES) return '';
    return (await source.read(Number(at), length)).toString('utf8');
  });
  if (name === '' || /^[a-z][a-z0-9+.-]*:/i.test(name)) return undefined;
  return isAbsolute(name) ? name : join(dirname(path), name);
}
