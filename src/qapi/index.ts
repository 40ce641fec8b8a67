export { type Channel, type ChannelLimits, DEFAULT_REPLY_BYTES, type RequestOptions } from './channel.ts';
export {
  disconnected,
  QapiFault,
  replyInvalid,
  replyTooLarge,
  requestTooLarge,
  shortened,
  unresponsive,
} from './faults.ts';
export { type AgentCall, FunctionChannel, type FunctionChannelOptions } from './function-channel.ts';
export { type Line, LineSplitter } from './lines.ts';
export { decodeMessage, encodeRequest, isRecord, type Message } from './message.ts';
export { SocketChannel, type SocketChannelOptions } from './socket-channel.ts';
