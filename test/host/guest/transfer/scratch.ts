// A private folder for one test, trees with all that trees can hold, and how they are compared.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Files } from '../../../../src/guest/index.ts';
import { type Flavour, HostRoad } from '../../../fakes/host-road.ts';

export const FLAVOURS: readonly Flavour[] = ['gnu', 'busybox'];

export class Scratch implements AsyncDisposable {
  readonly folder = mkdtempSync('/var/tmp/novalet-transfer-');
  readonly road: HostRoad;
  readonly files: Files;

  static async open(flavour: Flavour): Promise<Scratch> {
    return new Scratch(await HostRoad.open(flavour));
  }

  private constructor(road: HostRoad) {
    this.road = road;
    this.files = new Files(road);
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Names of what is left under way in a folder. */
  leftovers(folder = this.folder): string[] {
    return sh('find "$1" -name ".*novalet-*"', folder)
      .split('\n')
      .filter((line) => line !== '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await this.road[Symbol.asyncDispose]();
  }
}

/** Runs a line of shell here; for the tests' own worlds. */
export function sh(script: string, ...words: readonly string[]): string {
  return execFileSync('/bin/sh', ['-c', script, 'test', ...words], { encoding: 'latin1', maxBuffer: 1e8 });
}

/** Everything about a tree that a copy keeps, as text; with `wholeSeconds`, as busybox's tar keeps it and sync compares it: times of files only. */
export function treeOf(folder: string, wholeSeconds = false): string {
  const text = sh(
    `cd "$1" && find . -printf '%P|%y|%m|%n|%T@|%l|' \\( -type f -exec sh -c 'sha256sum <"$1"' x {} \\; -o -print0 \\) | tr '\\000' '\\n' && find . | wc -l`,
    folder,
  );
  const whole = text.replace(/(\|[ld]\|\d+\|\d+)\|[\d.]+/g, '$1').replace(/(\|\d{1,10})\.\d{10}\|/g, '$1|');
  const times = wholeSeconds ? whole : text;
  return times.split('\n').sort().join('\n');
}

/** A tree with links, holes, odd modes, and names that are hard to carry. */
export function makeTree(folder: string): void {
  sh(
    `mkdir -p "$1" && cd "$1" && umask 022
    mkdir -p a/b/c empty ro && printf hello >a/file && printf x >"a/b/ trailing " && printf n >"a/b/new
line" && printf d >./-dash && printf s >'st*r' && : >a/b/c/zero
    ln -s ../file a/b/up && ln -s /nonexistent/x dangling && ln a/file a/b/hard
    printf b >"$(printf 'a/b/\\377\\376raw')" && printf u >a/Größe
    head -c 300000 /dev/urandom >a/random && chmod 600 a/random && chmod 750 a/b && chmod 1777 empty && chmod 4755 -- ./-dash
    truncate -s 8M sparse && printf end >>sparse && chmod 555 ro
    touch -d '2001-02-03 04:05:06.123456789' a/file && touch -h -d '2002-02-03 04:05:06.5' dangling && touch -d '2003-01-01' a/b/c empty`,
    folder,
  );
}

/** A seeded source of numbers from 0 to 1. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
