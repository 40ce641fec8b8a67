// What Neutron's metadata proxy does: asks for an instance that it has signed for.
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';

const SECRET = 'nvt secret of both';

export class NeutronProxy implements AsyncDisposable {
  readonly #folder: string;
  readonly #port: number;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  static async make(): Promise<NeutronProxy> {
    const folder = await mkdtemp('/var/tmp/nvt-proxy-');
    await writeFile(join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 });
    return new NeutronProxy(folder, await freePort());
  }

  /** For the configuration file. */
  get configuration(): string {
    return `{ port: ${this.#port}, shared_secret_file: ${join(this.#folder, 'secret')} }`;
  }

  async ask(
    instance: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const signature = createHmac('sha256', SECRET).update(instance).digest('hex');
    const response = await fetch(`http://127.0.0.1:${this.#port}/latest/user-data`, {
      headers: {
        'X-Instance-ID': instance,
        'X-Tenant-ID': 'novalet',
        'X-Instance-ID-Signature': signature,
        'X-Forwarded-For': '192.0.2.7',
        ...headers,
      },
    });
    return { status: response.status, text: await response.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
