// A client's stream whose other end is a transcript: what the client writes is read, and bytes are fed as they are.
import { Duplex } from 'node:stream';

interface SentRequest {
  readonly execute: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly id: number;
}

/** Calls `onRequest` for each line that the client sends; `feed` gives the client bytes, cut to `pieceBytes`. */
export class TranscriptStream extends Duplex {
  /** The first byte of every line: 0xFF or `{`. */
  readonly firstBytes: number[] = [];
  onRequest: (request: SentRequest) => void = () => {};
  pieceBytes = Number.POSITIVE_INFINITY;

  feed(...parts: readonly (string | Buffer)[]): void {
    const all = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const size = Math.min(this.pieceBytes, Math.max(1, all.length));
    for (let at = 0; at < all.length; at += size) this.push(all.subarray(at, at + size));
  }

  /** Answers a synchronisation, with what stands `before` the 0xFF. */
  answerSync(request: SentRequest, before: readonly (string | Buffer)[] = []): void {
    const reply = JSON.stringify({ return: request.arguments['id'], id: request.id });
    this.feed(...before, Buffer.from([0xff]), `${reply}\n`);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.firstBytes.push(chunk[0] ?? 0);
    const text = chunk.subarray(chunk[0] === 0xff ? 1 : 0).toString();
    for (const line of text.split('\n').filter((piece) => piece !== '')) this.onRequest(JSON.parse(line));
    done();
  }
}
