// What copies can be told, and what they tell afterwards.
import type { Via } from '../road.ts';
import type { Act } from './guest-side.ts';
import type { OnProgress } from './meter.ts';

export interface CopyOptions extends Act {
  /** Permissions of a copied file; of trees they are always kept. Default: those of the source. */
  readonly mode?: number | undefined;
  /** Whose the copy shall be in the guest: `USER`, `USER:GROUP`, numbers too. Default: the user it is done as. */
  readonly owner?: string | undefined;
  /** Keeps times, and a file's mode. Default true. */
  readonly preserve?: boolean | undefined;
  /** Keeps numeric owners of a tree (both sides as root). Default false. */
  readonly preserveOwner?: boolean | undefined;
  /** Compares digests of both sides. Default true. */
  readonly verify?: boolean | undefined;
  /** Keeps what came before a cut, and goes on from there. Single files only. */
  readonly resume?: boolean | undefined;
  /** Allows a directory as source. */
  readonly recursive?: boolean | undefined;
  /** The most that is taken from the guest, holes of a tree counted. Default: what is announced and a part more, while this host keeps a reserve. */
  readonly maxBytes?: number | undefined;
  readonly maxEntries?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface CopyReport {
  /** Where it is now. */
  readonly target: string;
  /** Of the files, or of a tree's archive, that went over the road. */
  readonly bytes: number;
  /** Files, directories and links. */
  readonly entries: number;
  readonly seconds: number;
  readonly via: Via;
  /** By digest. */
  readonly verified: boolean;
  /** Bytes that were there already. */
  readonly resumedAt: number;
}
