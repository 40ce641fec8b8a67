// What a file is called in each view. The plain view has ISO 9660 level 2 names, relaxed as genisoimage's -l -ldots
// -allow-lowercase -allow-multidot do (plus the hyphen, which `user-data` needs); Joliet has up to 64 UTF-16 units.
// Rock Ridge keeps every name as it is and needs nothing from here.

import type { VolumeDirectory, VolumeNode } from '../volume-tree.ts';
import { utf16be } from './fields.ts';

export interface NamedNode {
  readonly node: VolumeNode;
  /** The identifier's bytes as a directory record has them. */
  readonly identifier: Buffer;
}

/** Gives the children of one directory their identifiers, in the order in which the view's records must stand. */
export type Naming = (directory: VolumeDirectory) => readonly NamedNode[];

/** ECMA-119 7.5: name and extension have 30 characters together. */
const PLAIN_MAX = 30;
const PLAIN_EXTENSION_MAX = 15;
const JOLIET_MAX = 64;
const JOLIET_EXTENSION_MAX = 16;

export const plainNaming: Naming = (directory) => {
  const taken = new UniqueNames(PLAIN_MAX, PLAIN_EXTENSION_MAX);
  const named = sortedChildren(directory).map((node) => {
    // Readers without Rock Ridge show names in lower case and without a trailing dot: unique in that form too.
    const { stem, extension } = taken.claim(splitName(node, node.name.replace(/[^A-Za-z0-9._-]/gu, '_')));
    const text = node.kind === 'file' ? `${stem}.${extension};1` : stem;
    return { node, identifier: Buffer.from(text, 'latin1'), stem, extension };
  });
  return named.sort((a, b) => order(a.stem, b.stem) || order(a.extension, b.extension));
};

export const jolietNaming: Naming = (directory) => {
  const taken = new UniqueNames(JOLIET_MAX, JOLIET_EXTENSION_MAX);
  const named = sortedChildren(directory).map((node) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the Joliet specification forbids exactly these
    const allowed = node.name.replace(/[\x00-\x1f*/:;?\\]/g, '_');
    const whole = allowed.length <= JOLIET_MAX && taken.claimWhole(allowed);
    const { stem, extension } = whole
      ? { stem: allowed, extension: '' }
      : taken.claim(splitName(node, allowed));
    return { node, identifier: utf16be(shown({ stem, extension })) };
  });
  return named.sort((a, b) => Buffer.compare(a.identifier, b.identifier));
};

interface NameParts {
  readonly stem: string;
  /** Behind the last dot; empty where there is none, and for directories. */
  readonly extension: string;
}

/**
 * The names of one directory and view: shortens them, and numbers those that have become the same. Names that differ in
 * case alone are the same: Windows, and Linux without Rock Ridge, would find the first of them under both.
 */
class UniqueNames {
  readonly #max: number;
  readonly #extensionMax: number;
  readonly #taken = new Set<string>();
  readonly #lastNumber = new Map<string, number>();

  constructor(max: number, extensionMax: number) {
    this.#max = max;
    this.#extensionMax = extensionMax;
  }

  /** Takes a name as it is; false when somebody has it. */
  claimWhole(name: string): boolean {
    const key = name.toLowerCase();
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  claim(wanted: NameParts): NameParts {
    const extension = cut(wanted.extension, this.#extensionMax);
    const room = this.#max - extension.length - (extension === '' ? 0 : 1);
    const stem = cut(wanted.stem, room);
    const key = `${stem}.${extension}`.toLowerCase();
    let parts: NameParts = { stem, extension };
    let number = this.#lastNumber.get(key) ?? 0;
    while (!this.claimWhole(shown(parts))) {
      number += 1;
      parts = { stem: `${cut(stem, room - 1 - String(number).length)}_${number}`, extension };
    }
    this.#lastNumber.set(key, number);
    return parts;
  }
}

function shown(parts: NameParts): string {
  return parts.extension === '' ? parts.stem : `${parts.stem}.${parts.extension}`;
}

function splitName(node: VolumeNode, name: string): NameParts {
  const dot = node.kind === 'file' ? name.lastIndexOf('.') : -1;
  return dot < 0
    ? { stem: name, extension: '' }
    : { stem: name.slice(0, dot), extension: name.slice(dot + 1) };
}

/** At most `max` UTF-16 units, and no half of a surrogate pair at the end. */
function cut(text: string, max: number): string {
  const short = text.slice(0, max);
  return short.isWellFormed() ? short : short.slice(0, -1);
}

/** By the given name, so that numbering does not depend on the order in which the files were handed over. */
function sortedChildren(directory: VolumeDirectory): readonly VolumeNode[] {
  return [...directory.children.values()].sort((a, b) => order(a.name, b.name));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
