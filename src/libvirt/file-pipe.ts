// A pipe that a thread of the addon fills with given bytes and then with the rest of a file, for libvirt to read where it
// takes the path of a file. Nothing is copied on the way, and nothing of it is left when this process ends.
import { Fault } from '../base/index.ts';
import { loadAddon, type NativeFilePipe } from './addon.ts';
import { toFault } from './fault.ts';

export interface FilePipeSource {
  /** Comes first. */
  readonly head: Uint8Array;
  /** An open file's descriptor; it may be closed as soon as the pipe is there. */
  readonly file: number;
  /** Where in the file the rest begins. */
  readonly offset: number;
}

/** How far the file went into the pipe. */
export interface PipeFed {
  /** Written to the pipe, whether anybody read them or not. */
  readonly bytes: number;
  readonly isWhole: boolean;
  /** Of errno(3); 0 where nothing failed. */
  readonly errno: number;
}

/** Disposing of it ends it: who reads sees the end of the file there. */
export class FilePipe implements Disposable {
  readonly #native: NativeFilePipe;

  constructor(native: NativeFilePipe) {
    this.#native = native;
  }

  /** To be opened for reading, as often as wanted: each reader goes on where the last one stopped. */
  get path(): string {
    return this.#native.path();
  }

  /** Safe to call twice. */
  close(): PipeFed {
    return this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Throws `ADDON_MISSING` and its kin, or `LIBVIRT_ADDON_FAILED` where there is no descriptor left. */
export function openFilePipe(source: FilePipeSource): FilePipe {
  const { FilePipe: Native } = loadAddon();
  if (Native === undefined) {
    throw new Fault('unsupported', 'ADDON_OUTDATED', 'The libvirt addon is older than this program', {
      hint: 'Build it with: make -C native (needs g++, make, pkg-config and libvirt-dev).',
    });
  }
  try {
    return new FilePipe(new Native(source.file, source.offset, source.head));
  } catch (error) {
    throw toFault({ act: 'make a pipe' }, error);
  }
}
