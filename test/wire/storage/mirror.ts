// A real HTTP server on 127.0.0.1 that plays a vendor's mirror, well behaved or not.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Mirror {
  readonly url: string;
  /** Every request so far: path and Range. */
  readonly requests: readonly { readonly path: string; readonly range: string | undefined }[];
}

export async function withMirror<T>(handler: Handler, work: (mirror: Mirror) => Promise<T>): Promise<T> {
  const requests: { path: string; range: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', range: request.headers.range });
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work({ url: `http://127.0.0.1:${portOf(server.address())}`, requests });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export interface Served {
  readonly body: Buffer;
  readonly etag?: string;
  /** Breaks the connection after so many bytes of the body, the first `cuts` times. */
  readonly cutAfter?: number;
  readonly cuts?: number;
  readonly ignoreRange?: boolean;
}

/** Serves `served.body` with ranges and validators, as a good mirror does, unless told to misbehave. */
export function serve(served: Served): Handler {
  let cutsLeft = served.cuts ?? (served.cutAfter === undefined ? 0 : 1);
  return (request, response) => {
    const { body, etag = '"v1"' } = served;
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const fresh = request.headers['if-range'] === etag;
    const start = range !== undefined && fresh && served.ignoreRange !== true ? Number(range) : 0;
    response.setHeader('etag', etag);
    if (start > 0 && start >= body.length) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
      return;
    }
    const rest = body.subarray(start);
    if (start > 0) response.setHeader('content-range', `bytes ${start}-${body.length - 1}/${body.length}`);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length });
    if (cutsLeft > 0) {
      cutsLeft -= 1;
      response.write(rest.subarray(0, served.cutAfter), () => setImmediate(() => response.destroy()));
    } else {
      response.end(rest);
    }
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
