// What is in a directory of this host, without following links.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import type { Digest } from '../road.ts';
import type { Entry } from './entries.ts';
import { decodeName, joined } from './guest-path.ts';
import { hostRefused, onHost } from './host-faults.ts';
import { hostBytes } from './host-side.ts';
import { kindOfMode } from './kinds.ts';

const AT_ONCE = 128;

/** Everything below a directory; sockets are left out, as tar leaves them. */
export async function listHost(directory: string): Promise<Entry[]> {
  return await onHost(directory, async () => {
    const entries: Entry[] = [];
    const waiting = [''];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const path = at === '' ? directory : joined(directory, at);
      const names = await readdir(hostBytes(path), { encoding: 'buffer' });
      for (let first = 0; first < names.length; first += AT_ONCE) {
        const some = names.slice(first, first + AT_ONCE).map((bytes) => below(at, decodeName(bytes)));
        for (const entry of await Promise.all(some.map((name) => entryOf(directory, name)))) {
          if (entry.kind === 'socket') continue;
          if (entry.kind === 'directory') waiting.push(entry.name);
          entries.push(entry);
        }
      }
    }
    return entries;
  });
}

function below(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

async function entryOf(directory: string, name: string): Promise<Entry> {
  const path = hostBytes(joined(directory, name));
  const found = await lstat(path, { bigint: true });
  const kind = kindOfMode(Number(found.mode));
  if (kind === undefined) throw hostRefused(`${name} is of an unknown kind`, 'Leave it out.');
  return {
    name,
    kind,
    size: Number(found.size),
    mode: Number(found.mode) & 0o7777,
    uid: Number(found.uid),
    gid: Number(found.gid),
    owner: String(found.uid),
    group: String(found.gid),
    mtimeNs: found.mtimeNs,
    target: kind === 'link' ? decodeName(await readlink(path, { encoding: 'buffer' })) : undefined,
  };
}

/** Digests of some files below a directory. */
export async function digestsHost(
  directory: string,
  names: readonly string[],
  algorithm: Digest['algorithm'],
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const name of names) {
    const hash = createHash(algorithm);
    await onHost(name, async () => {
      for await (const piece of createReadStream(hostBytes(joined(directory, name)))) hash.update(piece);
    });
    digests.set(name, hash.digest('hex'));
  }
  return digests;
}
