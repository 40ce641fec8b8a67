// Reading a tar file as it comes: one member after the other, never more than a piece of it in memory.
// The file may be anybody's: what is not a plain file, or does not add up, is `ARCHIVE_INVALID`.
import {
  archiveInvalid,
  readPaxRecords,
  readTarHeader,
  TAR_BLOCK,
  type TarMember,
  tarPadding,
} from './tar-header.ts';

/** Zeroes after the end: tar pads to a record of 10 KiB, dd to whatever it was told. */
const MAX_TRAILER = 1024 * 1024;

export class TarReader implements AsyncDisposable {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of the member that were not read yet, and of zeroes after it. */
  #unread = 0;
  #padding = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next member; what is left of the one before is passed over. Undefined at the end. Throws `ARCHIVE_INVALID`. */
  async next(): Promise<TarMember | undefined> {
    for await (const _piece of this.content());
    let records: Partial<TarMember> = {};
    for (;;) {
      const header = readTarHeader(await this.#exactly(TAR_BLOCK));
      if (header.kind === 'end') return await this.#end();
      if (header.kind === 'file') return this.#begin({ name: header.name, bytes: header.bytes, ...records });
      records = readPaxRecords(await this.#exactly(header.bytes));
      await this.#exactly(tarPadding(header.bytes).length);
    }
  }

  /** The content of the member that `next` gave, to be read once. Throws `ARCHIVE_INVALID` where the file ends within it. */
  async *content(): AsyncIterable<Buffer> {
    while (this.#unread > 0) {
      const piece = await this.#atMost(this.#unread);
      this.#unread -= piece.length;
      yield piece;
    }
    await this.#exactly(this.#padding);
    this.#padding = 0;
  }

  /** The whole content of a small member. Throws `ARCHIVE_INVALID` where it has more than `most` bytes. */
  async whole(most: number): Promise<Buffer> {
    if (this.#unread > most) throw archiveInvalid(`a member of at most ${most} bytes has ${this.#unread}`);
    const pieces: Buffer[] = [];
    for await (const piece of this.content()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.return?.();
  }

  #begin(member: TarMember): TarMember {
    this.#unread = member.bytes;
    this.#padding = tarPadding(member.bytes).length;
    return member;
  }

  /** After one block of zeroes there is another one, and nothing but zeroes. */
  async #end(): Promise<undefined> {
    if (readTarHeader(await this.#exactly(TAR_BLOCK)).kind !== 'end') throw archiveInvalid('its end is torn');
    let trailer = this.#rest;
    for (let bytes = 0; ; ) {
      bytes += trailer.length;
      if (bytes > MAX_TRAILER || trailer.some((byte) => byte !== 0))
        throw archiveInvalid('it goes on after its end');
      const { done, value } = await this.#source.next();
      if (done === true) return undefined;
      trailer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }

  async #exactly(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let missing = bytes; missing > 0; ) {
      const piece = await this.#atMost(missing);
      missing -= piece.length;
      pieces.push(piece);
    }
    const [only = Buffer.alloc(0), ...others] = pieces;
    return others.length === 0 ? only : Buffer.concat(pieces);
  }

  async #atMost(bytes: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#source.next();
      if (done === true) throw archiveInvalid('it ends too early');
      this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    const piece = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return piece;
  }
}
