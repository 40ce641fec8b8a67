// What a guest asks, with its headers as they came: each with all its values, so that one that is there twice is seen.

/** Names in lower case. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

export interface GuestRequest {
  readonly method: string;
  /** As on the wire, not decoded. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}
