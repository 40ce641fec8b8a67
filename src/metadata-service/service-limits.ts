// What the service allows before it says no. A guest is hostile: every count and every wait has an end.

export interface MetadataLimits {
  /** Open TCP connections in all. */
  readonly connections: number;
  /** Open TCP connections of one address; a proxy may have all of them. */
  readonly connectionsPerSource: number;
  /** Requests of one instance; five times as many may come at once. */
  readonly requestsPerSecond: number;
  /** Requests that one connection may send before the first of them is answered. */
  readonly waitingPerConnection: number;
  /** From connect, or from the first byte of a request, to the end of its headers. */
  readonly headerMs: number;
  /** The same to the end of its body. */
  readonly requestMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** A connection's whole life. */
  readonly connectionMs: number;
  /** To find out what to answer. */
  readonly answerMs: number;
}

export const DEFAULT_METADATA_LIMITS: MetadataLimits = {
  connections: 1024,
  connectionsPerSource: 32,
  requestsPerSecond: 50,
  waitingPerConnection: 16,
  headerMs: 5000,
  requestMs: 10_000,
  idleMs: 10_000,
  connectionMs: 120_000,
  answerMs: 10_000,
};
