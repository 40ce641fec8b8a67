export { archiveInvalid, shown, TAR_END, type TarMember, tarPadding, writeTarHeader } from './tar-header.ts';
export { TarReader } from './tar-reader.ts';
