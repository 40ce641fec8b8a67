// A metadata service on the loopback over records in memory, and clients that write whatever they like.
import { connect, type Socket } from 'node:net';
import { metadataDocuments } from '../../../src/metadata/index.ts';
import {
  DEFAULT_METADATA_LIMITS,
  type GuestRecords,
  type Identification,
  type MetadataLimits,
  MetadataService,
} from '../../../src/metadata-service/index.ts';
import { plainInput } from '../../unit/metadata/sample.ts';

export const PROJECT = 'project';

/** Instances `one`, `two` … whose names their documents carry. */
export class MemoryRecords implements GuestRecords {
  readonly passwords = new Map<string, string>();
  readonly #documents: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

  constructor(names: readonly string[]) {
    this.#documents = new Map(names.map((name) => [name, metadataDocuments(plainInput({ name }))]));
  }

  async documents(instance: string) {
    return this.#documents.get(instance);
  }

  async project(instance: string) {
    return this.#documents.has(instance) ? PROJECT : undefined;
  }

  async password(instance: string) {
    return this.passwords.get(instance) ?? '';
  }

  async keepPassword(instance: string, password: string) {
    if (this.passwords.has(instance)) return false;
    this.passwords.set(instance, password);
    return true;
  }
}

export interface Opened extends AsyncDisposable {
  readonly service: MetadataService;
  readonly records: MemoryRecords;
  readonly port: number;
  readonly warnings: readonly string[];
}

export interface OpenOptions {
  readonly limits?: Partial<MetadataLimits>;
  readonly identification?: Identification;
  readonly records?: GuestRecords;
}

/** Everybody on the loopback is `one` unless said otherwise. */
export async function openService(options: OpenOptions = {}): Promise<Opened> {
  const records = new MemoryRecords(['one', 'two']);
  const warnings: string[] = [];
  const service = new MetadataService({
    listen: [{ host: '127.0.0.1', port: 0 }],
    identification: options.identification ?? { kind: 'direct', whoAsks: () => 'one' },
    records: options.records ?? records,
    limits: { ...DEFAULT_METADATA_LIMITS, ...options.limits },
    log: { warn: (_facts, message) => warnings.push(message) },
  });
  await service.listen();
  const port = service.addresses[0]?.port ?? 0;
  return { service, records, port, warnings, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

export async function dial(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => undefined); // how a connection ended is seen by what came over it
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('connect', resolve).once('close', resolve);
  await promise;
  return socket;
}

/** Everything that comes until the other end closes. */
export async function drain(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.once('close', () => resolve());
  if (!socket.closed) await closed;
  return Buffer.concat(chunks).toString('latin1');
}

/** Sends bytes, and gives everything that came until the other end closed. */
export async function exchange(port: number, bytes: string, localAddress?: string): Promise<string> {
  const socket = await dial(port, localAddress);
  socket.write(bytes, 'latin1');
  return await drain(socket);
}

export function get(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: '169.254.169.254', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** The same, and no other after it. */
export function lastGet(path: string, headers: Readonly<Record<string, string>> = {}): string {
  return get(path, { ...headers, Connection: 'close' });
}

export function post(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** The status codes of all answers in what came. */
export function statuses(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
}
