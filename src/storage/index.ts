export {
  AGENT_DRIVE_LABEL,
  findHostAgent,
  type HostAgent,
  requireHostAgent,
  writeAgentDrive,
} from './agent-drive/index.ts';
export {
  archiveInvalid,
  shownName,
  TAR_END,
  type TarMember,
  TarReader,
  tarPadding,
  writeTarHeader,
} from './archive/index.ts';
export { BaseCache, type BaseSource, type DiskBase, type PrepareOptions } from './base-cache.ts';
export { type Catalogue, type CatalogueImage, loadCatalogue, resolveCatalogue } from './catalogue/index.ts';
export { type ConfigDriveOptions, writeConfigDrive } from './config-drive.ts';
export { removeBitmap, wholeBitmaps } from './dirty-bitmaps.ts';
export {
  addDiskMark,
  type DiskMarks,
  goBackToMark,
  readDiskMarks,
  removeBitmaps,
  removeDiskMark,
} from './disk-marks.ts';
export { freeBytes, requireSpace } from './disk-space.ts';
export {
  type Compression,
  type FetchedImage,
  type FetchOptions,
  type FetchProgress,
  type FetchRequest,
  fetchImage,
  findResumableId,
  type ImageSource,
  listParts,
  type Part,
  parseChecksum,
  parseImageSource,
  partPath,
  removePart,
} from './fetch/index.ts';
export { chooseEphemeralFilesystem, type EphemeralFilesystem } from './filesystems.ts';
export {
  type DetectedFormat,
  diskFormatOf,
  type ImageFinding,
  type ImageInspection,
  inspectImage,
  openFault,
  requireSafeImage,
} from './inspection/index.ts';
export { createInstanceDirectory, instanceDirectory, removeInstanceDirectory } from './instance-directory.ts';
export {
  createEphemeral,
  createRootCopy,
  createRootOverlay,
  createSwap,
  type EphemeralRequest,
  rootDiskBytes,
} from './instance-disks.ts';
export { type MadeImage, type StoredImage, sha256OfFile, storeMadeImage } from './made-image.ts';
export {
  type AccountChange,
  type AccountChanged,
  changeOffline,
  type OfflineDisk,
  type OfflineOptions,
  type OfflineProgress,
} from './offline/index.ts';
export { missingBase } from './overlay-base.ts';
export { isThere, namesIn } from './presence.ts';
export {
  type ConvertOptions,
  convertChain,
  convertImage,
  forgetBacking,
  growDisk,
  measureBytes,
  type QemuFile,
  type QemuFormat,
  type QemuImageInfo,
  type QemuImgOptions,
  qemuFormatOf,
  readImageInfo,
  rebaseDisk,
} from './qemu-img.ts';
export {
  copySaveImage,
  decodeSaveHead,
  encodeSaveHead,
  readSaveImage,
  type SaveImage,
  type SaveImageHead,
} from './save-image/index.ts';
export { isOwnerAlive, ownerTag, publish, sweepTemporaries, sync, temporaryFor } from './temporary.ts';
export { type VerifiedImage, type VerifyRequest, verifyImage } from './verify-image.ts';
export { copyDisk, copyMedium, createBlankDisk, createBlankMedium } from './volume-files.ts';
