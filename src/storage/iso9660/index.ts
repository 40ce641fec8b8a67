export { buildIso, type IsoRequest } from './build-iso.ts';
