export { copySaveImage } from './copy-save-image.ts';
export { readSaveImage, type SaveImage } from './read-save-image.ts';
export { decodeSaveHead, encodeSaveHead, type SaveImageHead } from './save-image.ts';
