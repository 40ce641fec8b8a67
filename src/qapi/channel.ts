// One request in, one reply out: what a command module needs, whatever carries the bytes.

/** What one message may weigh on this road, in bytes of JSON. */
export interface ChannelLimits {
  readonly requestBytes: number;
  readonly replyBytes: number;
}

export interface RequestOptions {
  /** How long the reply may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The command changes nothing: when no reply comes, the outcome is `not-done` instead of `unknown`. */
  readonly readOnly?: boolean | undefined;
  /** The largest reply worth keeping; bounded by the channel's own limit. Default 1 MiB. */
  readonly maxReplyBytes?: number | undefined;
}

/**
 * A road to a QAPI server. Callers take turns: a second request while one is under way throws
 * `CHANNEL_BUSY`. Once `closed`, it stays closed, and the owner opens another one.
 */
export interface Channel {
  readonly limits: ChannelLimits;
  readonly closed: boolean;
  /**
   * Sends `{"execute": command, "arguments": args}` and gives the value of "return". Throws QapiFault when the
   * server says no, and `AGENT_UNRESPONSIVE`, `AGENT_DISCONNECTED`, `AGENT_REPLY_TOO_LARGE`,
   * `AGENT_REPLY_INVALID` or `AGENT_REQUEST_TOO_LARGE`.
   */
  request(command: string, args: object | undefined, options: RequestOptions): Promise<unknown>;
  close(): Promise<void>;
}

export const DEFAULT_REPLY_BYTES = 1024 * 1024;
