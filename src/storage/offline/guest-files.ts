// Files of the system on the disk: read whole within a bound, replaced by a rename, never through a link.
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileTooLarge, unsafeFile } from './faults.ts';
import type { Guestfish } from './guestfish.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export class GuestFiles {
  readonly #fish: Guestfish;
  readonly #folder: string;

  /** `folder`: on this host, ours alone; what passes through is removed at once. */
  constructor(fish: Guestfish, folder: string) {
    this.#fish = fish;
    this.#folder = folder;
  }

  /**
   * The bytes of a plain file as latin1; undefined where there is nothing. Throws `OFFLINE_FILE_UNSAFE` for a link or
   * anything else, and `OFFLINE_FILE_TOO_LARGE`.
   */
  async read(path: string, mostBytes: number): Promise<string | undefined> {
    if (!(await this.#isThere(path, 'is-file'))) return undefined;
    const size = Number(await this.#fish.run('filesize', path));
    if (!(size <= mostBytes)) throw fileTooLarge(path);
    const local = this.#local();
    try {
      await this.#fish.run('download', path, local);
      return await readFile(local, 'latin1');
    } finally {
      await rm(local, { force: true });
    }
  }

  /** Puts a file in the place of one that is there; it keeps mode, owner and labels. */
  async replace(path: string, text: string): Promise<void> {
    await this.#put(path, text, async (fresh) => {
      await this.#fish.run('copy-attributes', path, fresh, 'all:true');
    });
  }

  /** Puts a file that only its owner may read, whatever was there. */
  async writePrivate(path: string, text: string, owner: Owner): Promise<void> {
    await this.#put(path, text, async (fresh) => {
      await this.#fish.run('chmod', '0600', fresh);
      await this.#fish.run('lchown', String(owner.uid), String(owner.gid), fresh);
    });
  }

  /** Makes a directory that only its owner may enter, where there is none. Throws `OFFLINE_FILE_UNSAFE` as `read` does. */
  async makePrivateDirectory(path: string, owner: Owner): Promise<void> {
    if (await this.#isThere(path, 'is-dir')) return;
    await this.#fish.run('mkdir-mode', path, '0700');
    await this.#fish.run('lchown', String(owner.uid), String(owner.gid), path);
  }

  async #put(path: string, text: string, prepare: (fresh: string) => Promise<void>): Promise<void> {
    const fresh = `${path.slice(0, path.lastIndexOf('/'))}/.novalet-${randomBytes(8).toString('hex')}`;
    const local = this.#local();
    try {
      await writeFile(local, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
      await this.#fish.run('upload', local, fresh);
    } finally {
      await rm(local, { force: true });
    }
    await prepare(fresh);
    await this.#fish.run('rename', fresh, path);
  }

  /** Whether there is something of the right kind. None of these commands follows a link. */
  async #isThere(path: string, command: 'is-file' | 'is-dir'): Promise<boolean> {
    if (await this.#fish.is(command, path)) return true;
    if (await this.#fish.is('is-symlink', path)) throw unsafeFile(path);
    if (await this.#fish.is('exists', path)) throw unsafeFile(path);
    return false;
  }

  #local(): string {
    return join(this.#folder, `file-${randomBytes(8).toString('hex')}`);
  }
}
