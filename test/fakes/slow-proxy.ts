// A unix socket in front of a real qemu-ga, behind which everything takes its time.
import { connect, createServer, type Server, type Socket } from 'node:net';

const DELAY_MS = 500;

export class SlowProxy implements AsyncDisposable {
  readonly path: string;
  readonly #server: Server;
  readonly #ends = new Set<Socket>();

  static async listen(path: string, upstream: string): Promise<SlowProxy> {
    const proxy = new SlowProxy(path, upstream);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    proxy.#server.once('error', reject);
    proxy.#server.listen(path, resolve);
    await promise;
    return proxy;
  }

  private constructor(path: string, upstream: string) {
    this.path = path;
    this.#server = createServer((client) => {
      const agent = connect({ path: upstream });
      agent.on('data', (bytes: Buffer) => setTimeout(() => client.writable && client.write(bytes), DELAY_MS));
      client.pipe(agent);
      for (const [end, other] of [
        [client, agent],
        [agent, client],
      ] as const) {
        this.#ends.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => {
          this.#ends.delete(end);
          other.destroy();
        });
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }
}
