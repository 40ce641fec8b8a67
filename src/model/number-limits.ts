// How large the numbers of an image's properties may be. Nova's fields have no upper bounds; libvirt refuses the domain then,
// or QEMU to start, so an image is refused when it gets them. Found by defining them (libvirt 9.0) and asking QEMU 7.2.
import { Fault } from '../base/index.ts';
import type { ImageProperties } from './image-properties.ts';

/** MiB. libvirt counts KiB in 32 bits. */
const VIDEO_RAM = { least: 0, most: 4_194_303 };
/** libvirt gives these in bytes, of which qxl counts 32 bits too; it rounds up to a power of two. */
const VIDEO_RAM_OF_MODELS: Readonly<Record<string, typeof VIDEO_RAM>> = {
  qxl: { least: 0, most: 2048 },
  bochs: { least: 3, most: 256 },
};
/** Seconds: some 23 days, as for `--timeout`; timers count milliseconds in 31 bits. */
export const LONGEST_SHUTDOWN_S = 2_000_000;

/** Throws `IMAGE_PROPERTY_INVALID`. */
export function checkNumbers(image: ImageProperties): void {
  const { hw_video_ram: ram, hw_video_model: model = '', os_shutdown_timeout: timeout } = image;
  const range = VIDEO_RAM_OF_MODELS[model] ?? VIDEO_RAM;
  const besides = range === VIDEO_RAM ? '' : ` beside hw_video_model=${model}`;
  if (ram !== undefined && ram !== 0) check('hw_video_ram', ram, { ...range, besides: ` MiB${besides}` });
  if (timeout !== undefined)
    check('os_shutdown_timeout', timeout, { least: 0, most: LONGEST_SHUTDOWN_S, besides: ' seconds' });
}

function check(
  key: string,
  value: number,
  { least, most, besides }: { readonly least: number; readonly most: number; readonly besides: string },
): void {
  if (value >= least && value <= most) return;
  throw new Fault('invalid', 'IMAGE_PROPERTY_INVALID', `${key} is ${value}, which no guest can have`, {
    hint: `${key} must be from ${least} to ${most}${besides}.`,
    details: { key },
  });
}
