// The options that the running kernel was built with, where it or its package tells them.
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { errnoCode } from '../base/index.ts';
import type { HostPaths } from './host-paths.ts';

/** Option without `CONFIG_` → `y` or `m`; what is not set is not there. */
export type KernelOptions = ReadonlyMap<string, string>;

const LARGEST = 4 * 1024 ** 2;

/** Undefined where nothing tells them. */
export function readKernelOptions(paths: Pick<HostPaths, 'kernelConfigs'>): KernelOptions | undefined {
  for (const path of paths.kernelConfigs) {
    const bytes = readOrUndefined(path.replace('%r', release()));
    if (bytes === undefined) continue;
    const text = path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: LARGEST }) : bytes;
    return kernelOptions(text.toString('latin1'));
  }
  return undefined;
}

/** Pure: the lines of a kernel's `.config`. */
export function kernelOptions(config: string): KernelOptions {
  return new Map(
    [...config.matchAll(/^CONFIG_(\w+)=([ym])$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

function readOrUndefined(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(errnoCode(error) ?? '')) return undefined;
    throw error;
  }
}
