// Folders of the host that guests may mount.
import type { Share, ShareRequest } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';

export type { ShareRequest };

export interface Shares {
  list(ref: string): Promise<readonly Share[]>;
  /**
   * For a guest that is off. Throws `SHARE_INVALID`, `SHARE_TAG_TAKEN`, `SHARE_PATH_NOT_FOUND`, `SHARE_PATH_RESERVED`,
   * `SHARE_READ_ONLY_UNSUPPORTED` and `VIRTIOFSD_NOT_FOUND`.
   */
  add(ref: string, request: ShareRequest, options?: ActOptions): Promise<Share>;
  /** For a guest that is off. Throws `SHARE_NOT_FOUND`. */
  remove(ref: string, tag: string, options?: ActOptions): Promise<Share>;
}
