// The documents of instances as a door asks for them. What makes them is loaded by whoever asks first.
import type { DocumentsByPath } from '../metadata/index.ts';
import type { GuestDocuments } from './compute.ts';
import type { Tools } from './tools.ts';

/** Made from the records as they are when they are asked for. */
export class InstanceDocuments implements GuestDocuments {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async openStack(ref: string): Promise<DocumentsByPath> {
    const { documentsJob, metadataInputOf } = await import('./guest-documents.ts');
    const { documentsOnDemand } = await import('../metadata/index.ts');
    return documentsOnDemand(metadataInputOf(documentsJob(this.#tools, ref)));
  }

  async noCloud(ref: string): Promise<ReadonlyMap<string, Uint8Array>> {
    const { documentsJob, noCloudOf } = await import('./guest-documents.ts');
    return noCloudOf(documentsJob(this.#tools, ref));
  }

  async service(ref: string): Promise<DocumentsByPath> {
    const { documentsJob, serviceDocumentsOf } = await import('./guest-documents.ts');
    return serviceDocumentsOf(documentsJob(this.#tools, ref), 'guest');
  }

  async masked(ref: string): Promise<DocumentsByPath> {
    const { documentsJob, serviceDocumentsOf } = await import('./guest-documents.ts');
    return serviceDocumentsOf(documentsJob(this.#tools, ref), 'person');
  }

  async postedPassword(ref: string): Promise<string | undefined> {
    return this.#tools.store.postedPasswords.get(this.#idOf(ref));
  }

  async keepPostedPassword(ref: string, password: string): Promise<boolean> {
    return this.#tools.store.postedPasswords.keep(this.#idOf(ref), password);
  }

  async clearPostedPassword(ref: string): Promise<boolean> {
    return this.#tools.store.postedPasswords.remove(this.#idOf(ref));
  }

  #idOf(ref: string): string {
    const { instances } = this.#tools.store;
    return (instances.get(ref) ?? instances.find(ref)).id;
  }
}
