// An act on a disk as one step of the progress: begun, done, told around it.
import type { ActOptions } from '../compute.ts';

const WORDS = {
  'disk-record': 'writing the record',
  'disk-plug': 'attaching the disk',
  'disk-unplug': 'waiting for the guest to let the disk go',
  'disk-forget': 'taking the disk out of the record',
  'medium-change': 'changing the medium',
  'medium-record': 'writing the record',
  'disk-grow': 'growing the disk',
  'disk-size': 'writing the record',
} as const;

export type DiskStep = keyof typeof WORDS;

export async function inStep<T>(
  { onProgress }: ActOptions,
  step: DiskStep,
  act: () => Promise<T> | T,
): Promise<T> {
  const what = WORDS[step];
  onProgress?.({ step, phase: 'begin', what });
  const result = await act();
  onProgress?.({ step, phase: 'end', what });
  return result;
}
