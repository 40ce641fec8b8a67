// Giving back to the host what the guest's filesystems do not use.
import type { AgentCaller, CallOptions } from '../caller.ts';

export interface TrimmedFilesystem {
  readonly mountpoint: string;
  /** Left out where the guest does not say, or failed. */
  readonly trimmedBytes?: number;
  /** The guest's words, where it could not trim this one. */
  readonly error?: string;
}

/** Large filesystems on slow storage take long. */
const TRIM_TIMEOUT_MS = 300_000;

/** guest-fstrim: all mounted filesystems that can be trimmed; extents below `minimumBytes` are left alone. */
export async function trimFilesystems(
  agent: AgentCaller,
  options: CallOptions & { readonly minimumBytes?: number | undefined } = {},
): Promise<TrimmedFilesystem[]> {
  const { minimumBytes, ...limits } = options;
  const args = minimumBytes === undefined ? {} : { minimum: minimumBytes };
  const reply = await agent.call('guest-fstrim', args, { timeoutMs: TRIM_TIMEOUT_MS, ...limits });
  return reply
    .member('paths')
    .list(10_000)
    .map((entry) => {
      const trimmedBytes = entry.member('trimmed').optional((place) => place.counter());
      const error = entry.member('error').optional((place) => place.text(2000));
      return {
        mountpoint: entry.member('path').text(4096),
        ...(trimmedBytes === undefined ? {} : { trimmedBytes }),
        ...(error === undefined ? {} : { error }),
      };
    });
}
