// What may be asked of an instance's console, screen and keyboard.
import type { Secret } from '../../base/index.ts';
import type { ActOptions } from '../compute.ts';
import type { KeyPress } from './key-names.ts';

/** Part of `Compute`. Each throws `INSTANCE_STATE_CONFLICT` for one whose domain is off. */
export interface Consoles {
  /** Joins the first serial port. Throws `CONSOLE_BUSY` while somebody else has it, unless it is taken from them by `force`. */
  open(ref: string, options?: OpenConsoleOptions): Promise<SerialConsole>;
  /** Where a viewer connects to. Throws `VNC_ABSENT`. */
  vnc(ref: string): Promise<VncDisplay>;
  /**
   * Lets viewers in who know the password, for as long as is said. Throws `VNC_WITHOUT_PASSWORD` for a display that asks for
   * none, `VNC_PASSWORD_INVALID` and `VNC_ABSENT`.
   */
  setVncPassword(ref: string, password: Secret, validForMs: number): Promise<VncDisplay>;
  /** What the screen shows, as PNG. */
  screenshot(ref: string, options?: ActOptions): Promise<Buffer>;
  /** Presses keys one after the other. Throws `KEY_UNKNOWN` before any is pressed. */
  sendKeys(ref: string, keys: PressedKeys, options?: ActOptions): Promise<void>;
  /** An interrupt that cannot be masked: Linux dumps its memory where kdump is set up, or panics, or notes it. */
  nmi(ref: string): Promise<void>;
}

export interface OpenConsoleOptions extends ActOptions {
  readonly force?: boolean;
}

/**
 * Bytes as the guest writes them, hostile, until its domain ends or somebody else takes the console: then reading may throw
 * `CONSOLE_LOST`. Dispose of it when done.
 */
export interface SerialConsole extends AsyncIterable<Buffer>, AsyncDisposable {
  /** Resolves when the guest's port has taken the bytes; wait for it before the next. */
  write(bytes: Uint8Array): Promise<void>;
}

export interface VncDisplay {
  /** `127.0.0.1:5900`, or the path of a unix socket. */
  readonly place: string;
  /** Whether it asks viewers for a password. */
  readonly asksPassword: boolean;
  /** ISO 8601, UTC: until when the password opens it; null where it asks for none, or the one there is has no end. */
  readonly passwordValidUntil: string | null;
}

export type PressedKeys =
  /** `ctrl-alt-del`, `f2` … */
  | { readonly keys: readonly string[] }
  /** Typed as on a US keyboard. */
  | { readonly text: string }
  | { readonly presses: readonly KeyPress[] };
