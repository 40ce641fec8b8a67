// All there is in a directory, for "not one byte of it changed": every entry with its mode, time and content.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function bytesOf(directory: string): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return ['.', ...names].map((name) => {
    const path = join(directory, name);
    const stats = lstatSync(path, { bigint: true });
    const content = stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    return `${name} ${stats.ino} ${stats.mode.toString(8)} ${stats.mtimeNs} ${content}`;
  });
}
