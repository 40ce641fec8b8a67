// A road to the host's own libvirtd that can be blocked or cut: a unix socket that carries the real bytes on.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LIBVIRT_SOCKET = '/var/run/libvirt/libvirt-sock';

export class SocketProxy implements AsyncDisposable {
  readonly uri: string;
  readonly #folder: string;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server = createServer((near) => this.#carry(near));
  #blocked = false;
  readonly #deaf = new WeakSet<Socket>();
  /** Fulfilled when a request came and was held back. */
  readonly held = Promise.withResolvers<void>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.uri = `qemu+unix:///system?socket=${join(folder, 'sock')}`;
  }

  static async open(): Promise<SocketProxy> {
    const proxy = new SocketProxy(await mkdtemp(join(tmpdir(), 'nvt-proxy-')));
    proxy.#server.listen(join(proxy.#folder, 'sock'));
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Requests are taken and not passed on, from now on, as by a libvirtd that hangs. */
  block(): void {
    this.#blocked = true;
  }

  /** The same of the connections that there are; those that come are served, as where one call hangs. */
  blockPresent(): void {
    for (const [near] of this.#pairs) this.#deaf.add(near);
  }

  /** All connections break, as when libvirtd is killed. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    this.#pairs.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await rm(this.#folder, { recursive: true });
  }

  #carry(near: Socket): void {
    const far = connect(LIBVIRT_SOCKET);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    near.on('data', (bytes) => {
      if (this.#blocked || this.#deaf.has(near)) this.held.resolve();
      else far.write(bytes);
    });
    far.on('data', (bytes) => near.write(bytes));
    for (const socket of pair) {
      socket.on('error', () => undefined); // a cut is what it is for
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
