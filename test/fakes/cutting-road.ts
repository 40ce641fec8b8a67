// A road that breaks once, after so many bytes of anything that goes over it; then it works again.
import { PassThrough, pipeline, type Readable, Transform, type Writable } from 'node:stream';
import { Fault } from '../../src/base/index.ts';
import type {
  GuestProcess,
  GuestSink,
  GuestSource,
  ReadRequest,
  Road,
  SpawnRequest,
  WriteRequest,
} from '../../src/guest/index.ts';

export class CuttingRoad implements Road {
  readonly via = 'lane';
  readonly #road: Road;
  #left: number;
  isCut = false;
  /** Bytes that went over it. */
  passed = 0;
  /** Changes a byte of what goes into files, as a broken wire would. */
  spoils = false;

  constructor(road: Road, bytes: number) {
    this.#road = road;
    this.#left = bytes;
  }

  async spawn(request: SpawnRequest): Promise<GuestProcess> {
    const process = await this.#road.spawn(request);
    const lost = Promise.withResolvers<never>();
    const ended = Promise.race([process.ended, lost.promise]);
    ended.catch(() => undefined);
    const onCut = (fault: Fault) => {
      lost.reject(fault);
      void process.kill();
    };
    return {
      ...process,
      stdin: this.#into(process.stdin, onCut),
      stdout: this.#from(process.stdout, onCut),
      stderr: process.stderr,
      ended,
    };
  }

  async openRead(path: string, request?: ReadRequest): Promise<GuestSource> {
    const source = await this.#road.openRead(path, request);
    return { ...source, stream: this.#from(source.stream, () => undefined) };
  }

  async openWrite(path: string, request: WriteRequest): Promise<GuestSink> {
    const sink = await this.#road.openWrite(path, request);
    return { ...sink, stream: this.#into(sink.stream, () => undefined) };
  }

  #from(stream: Readable, onCut: (fault: Fault) => void): Readable {
    const gate = this.#gate(onCut);
    pipeline(stream, gate, () => undefined);
    return gate;
  }

  #into(stream: Writable, onCut: (fault: Fault) => void): Writable {
    const gate = this.#gate(onCut);
    const entrance = new PassThrough();
    pipeline(entrance, gate, stream, (error) => {
      if (error) entrance.destroy(error);
    });
    return entrance;
  }

  #gate(onCut: (fault: Fault) => void): Transform {
    return new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        this.#left -= piece.length;
        this.passed += piece.length;
        if (this.#left >= 0 || this.isCut) {
          done(null, this.spoils ? spoiled(piece) : piece);
          return;
        }
        this.isCut = true;
        const fault = new Fault('unavailable', 'LANE_LOST', 'The lane was cut', { outcome: 'unknown' });
        onCut(fault);
        done(fault);
      },
    });
  }
}

function spoiled(piece: Buffer): Buffer {
  const bytes = Buffer.from(piece);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes;
}
