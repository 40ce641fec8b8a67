export {
  archiveInvalid,
  shownName,
  TAR_END,
  type TarMember,
  tarPadding,
  writeTarHeader,
} from './tar-header.ts';
export { TarReader } from './tar-reader.ts';
