// What the gateway allows before it says no. Every count and every wait has an end.

export interface GatewayLimits {
  /** Open TCP connections in all. A quarter of them may be before their login. */
  readonly connections: number;
  /** The same of one source: an IPv4 address, or an IPv6 network of 64 bits. */
  readonly connectionsPerSource: number;
  /** Connections of one source before their login. */
  readonly loginsPerSource: number;
  /** Open channels (shells, commands, sftp, forwarded connections) in all. */
  readonly sessions: number;
  readonly sessionsPerSubject: number;
  readonly channelsPerConnection: number;
  /** New connections of one source; five times as many may come at once. */
  readonly connectionsPerSecond: number;
  /** Failed tries of a login on one connection. */
  readonly authAttempts: number;
  /** Seconds from connect to login. */
  readonly handshakeS: number;
  /** Seconds that a connection may be without a byte in any of its channels. */
  readonly idleS: number;
  /** Bytes that may wait for one client's socket. */
  readonly bufferBytes: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  connections: 1024,
  connectionsPerSource: 512,
  loginsPerSource: 128,
  sessions: 2048,
  sessionsPerSubject: 512,
  channelsPerConnection: 64,
  connectionsPerSecond: 50,
  authAttempts: 6,
  handshakeS: 30,
  idleS: 43_200,
  bufferBytes: 1024 * 1024,
};
