export { buildVfat, type VfatRequest, type VfatVolume } from './build-vfat.ts';
