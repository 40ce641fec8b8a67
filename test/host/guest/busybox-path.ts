// A PATH with busybox and nothing else.
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The tools of a guest that has busybox and nothing else. */
export function busyboxPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'novalet-busybox-'));
  mkdirSync(folder, { recursive: true });
  for (const name of [
    'sh',
    'mkdir',
    'mkfifo',
    'dd',
    'setsid',
    'env',
    'rm',
    'cat',
    'grep',
    'wc',
    'mv',
    'chmod',
    'stty',
  ]) {
    symlinkSync('/bin/busybox', join(folder, name));
  }
  for (const name of ['sleep', 'head', 'tr', 'kill', 'start-stop-daemon', 'seq']) {
    symlinkSync('/bin/busybox', join(folder, name));
  }
  return folder;
}
