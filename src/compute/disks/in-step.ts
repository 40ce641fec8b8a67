// The acts on disks as steps of the progress.
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';

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

export async function inStep<T>(
  options: ActOptions,
  step: keyof typeof WORDS,
  act: () => Promise<T> | T,
): Promise<T> {
  return await told(options, step, WORDS[step], async () => await act());
}
