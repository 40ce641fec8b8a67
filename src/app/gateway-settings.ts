// How the SSH gateway listens, and what is so without a configuration.
import { DEFAULT_LIMITS, type GatewayLimits } from '../ssh-gateway/index.ts';

/** How the SSH gateway listens. */
export interface GatewaySettings {
  readonly host: string;
  readonly port: number;
  /** Absolute; `<state>/ssh-gateway` when null. */
  readonly hostKeyDir: string | null;
  /** Whether there is an RSA host key besides the ed25519 one. */
  readonly rsaHostKey: boolean;
  /** Names of variables that clients may set, with `*`; besides LANG, LC_* and TERM. */
  readonly acceptEnv: readonly string[];
  readonly limits: GatewayLimits;
}

export const DEFAULT_GATEWAY: GatewaySettings = {
  host: '127.0.0.1',
  port: 2222,
  hostKeyDir: null,
  rsaHostKey: false,
  acceptEnv: [],
  limits: DEFAULT_LIMITS,
};
