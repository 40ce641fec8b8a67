// The lane's frames as bytes: docs/lane-protocol.md, "Frames". Big-endian, a head of 16 bytes, the payload, and the
// session number once more behind it.

export const HEAD_BYTES = 16;
export const TAIL_BYTES = 4;
/** So that a whole frame fits the 32 768 bytes that a guest's driver takes at once. */
export const MAX_PAYLOAD = 32_744;
/** What each direction of a stream may carry before any WINDOW came. */
export const FIRST_CREDIT = 262_144;
export const MAX_CREDIT = 16_777_216;
/** The fields of one order in all, by as many MORE frames as that takes. */
export const MAX_ORDER = 2 * 1024 * 1024;
export const MAX_CHANNELS = 1024;
/** Below it the host end chooses a channel's number, from it on the server. */
export const SERVER_CHANNELS = 2 ** 31;

/** Wire numbers of the frame types. */
export const TYPE = {
  SPAWN: 1,
  OPEN: 2,
  CONNECT: 3,
  LISTEN: 4,
  DATA: 5,
  EOF: 6,
  WINDOW: 7,
  SIGNAL: 8,
  RESIZE: 9,
  CLOSE: 10,
  PING: 11,
  PONG: 12,
  QUIT: 13,
  MORE: 14,
  OPENED: 32,
  FAILED: 33,
  EXIT: 34,
  ACCEPTED: 35,
} as const;

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

export interface Frame {
  readonly channel: number;
  readonly type: number;
  readonly stream: number;
  /** May share memory with the bytes that came in: copy what is kept for long. */
  readonly payload: Buffer;
}

export interface FrameHead {
  readonly session: number;
  readonly channel: number;
  readonly type: number;
  readonly stream?: number;
}

/** A frame whose payload is still to be filled in, from `HEAD_BYTES` on. */
export function blankFrame(head: FrameHead, length: number): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + length + TAIL_BYTES);
  frame.writeUInt32BE(head.session, 0);
  frame.writeUInt32BE(head.channel, 4);
  frame[8] = head.type;
  frame[9] = head.stream ?? 0;
  frame.writeUInt16BE(0, 10);
  frame.writeUInt32BE(length, 12);
  frame.writeUInt32BE(head.session, HEAD_BYTES + length);
  return frame;
}

/** A whole frame. `payload` has at most `MAX_PAYLOAD` bytes. */
export function encodeFrame(head: FrameHead, payload?: Uint8Array): Buffer {
  const frame = blankFrame(head, payload?.length ?? 0);
  if (payload !== undefined) frame.set(payload, HEAD_BYTES);
  return frame;
}
