// `NAME:PATH`: a path in a guest, on the command line. Without a colon before the first slash it is one of this host.
import { invalid } from '../values.ts';

export interface GuestOperand {
  readonly instance: string;
  readonly path: string;
}

/** What `NAME:PATH` says; undefined for a path of this host. */
export function asGuest(operand: string): GuestOperand | undefined {
  const match = /^([^/:]+):(.*)$/s.exec(operand);
  if (match === null || operand.startsWith('.')) return undefined;
  const [, instance = '', path = ''] = match;
  return { instance, path: path === '' ? '.' : path };
}

/** The same where nothing else is allowed. */
export function guestOperand(operand: string): GuestOperand {
  const guest = asGuest(operand);
  if (guest !== undefined) return guest;
  throw invalid(`"${operand}" names no guest`, 'Write NAME:PATH, for example web:/etc/hosts');
}

/** All of one guest, for commands that take several paths. */
export function guestOperands(operands: readonly string[]): { instance: string; paths: string[] } {
  const guests = operands.map(guestOperand);
  const [first] = guests;
  if (first === undefined || guests.some(({ instance }) => instance !== first.instance)) {
    throw invalid('The paths are in different guests', 'Name one guest at a time.');
  }
  return { instance: first.instance, paths: guests.map(({ path }) => path) };
}

/** `644` or `0755`. */
export function parseMode(text: string): number {
  if (/^[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8);
  throw invalid(`"${text}" is no mode`, 'Write three or four octal digits, for example 640.');
}

/** Whether a path is a pattern. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}
