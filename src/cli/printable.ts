// What the command line prints of guests passes through here.
export { PrintableStream, printableLine, printableText } from '../base/index.ts';
