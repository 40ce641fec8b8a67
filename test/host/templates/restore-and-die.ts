// A process of its own that restores a clone, for a test that kills it meanwhile: URI, saved memory and UUID as operands, the
// clone's XML on standard input.
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { restoreClone } from '../../../src/compute/templates/restore-clone.ts';
import { openConnection } from '../../../src/libvirt/index.ts';
import { readSaveImage } from '../../../src/storage/index.ts';

const [uri = '', path = '', uuid = ''] = process.argv.slice(2);
const xml = await text(process.stdin);
await using connection = await openConnection(uri);
const image = await readSaveImage(path);
await restoreClone(connection, { image, xml, uuid, directory: dirname(path), timeoutMs: 240_000 }, ['pipe']);
