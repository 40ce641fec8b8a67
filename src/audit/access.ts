// What an operator may set about reaching into guests: who, and how it is recorded.
import { MIB } from '../base/index.ts';
import type { Subject } from './privileges.ts';

export interface AccessSettings {
  readonly audit: {
    /** Whether arguments of programs are written; they may hold secrets. */
    readonly arguments: boolean;
    readonly rotateBytes: number;
    /** Files kept besides the one that is written. */
    readonly keep: number;
  };
  /** Without the built-in `local`. */
  readonly subjects: readonly Subject[];
}

export const DEFAULT_ACCESS: AccessSettings = {
  audit: { arguments: false, rotateBytes: 64 * MIB, keep: 5 },
  subjects: [],
};
