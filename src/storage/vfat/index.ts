export { buildVfat, VFAT_BYTES, type VfatRequest, type VfatVolume } from './build-vfat.ts';
