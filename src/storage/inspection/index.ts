export { type ByteSource, memorySource, openFault, withFileSource } from './byte-source.ts';
export type { DetectedFormat, ImageFinding } from './format-probe.ts';
export { type ImageInspection, inspectImage, inspectSource } from './inspect-image.ts';
export { diskFormatOf, requireSafeImage } from './require-safe-image.ts';
