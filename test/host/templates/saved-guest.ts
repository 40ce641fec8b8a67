// A minimal guest whose memory was saved to a file while its agent answered, and what is needed to go on from it more than once.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isFault, newUuid } from '../../../src/base/index.ts';
import type { CloneRequest } from '../../../src/compute/templates/restore-clone.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Connection, Domain } from '../../../src/libvirt/index.ts';
import { clonedDomainXml, liveDomainFacts } from '../../../src/libvirt-xml/index.ts';
import { readSaveImage, type SaveImage } from '../../../src/storage/index.ts';
import { runInGuest } from '../support/ask-agent.ts';
import type { World } from '../support/world.ts';

/** Longer than an emulated guest takes to boot, or to be read back, on a busy host. */
const LONG_MS = 240_000;

/** Lets a restored guest run until its agent answers: libvirt says that it is connected a moment before it connects itself. */
export async function resume(connection: Connection, uuid: string): Promise<void> {
  const domain = await connection.domainByUuid(uuid);
  await domain.resume();
  while (!(await answers(domain))) await pause(20);
}

async function answers(domain: Domain): Promise<boolean> {
  try {
    await domain.agentCommand('{"execute":"guest-ping"}', 60);
    return true;
  } catch (error) {
    if (isFault(error, 'AGENT_UNRESPONSIVE')) return false;
    throw error;
  }
}

export interface PlannedClone {
  readonly domainName: string;
  readonly directory: string;
  readonly request: CloneRequest;
}

export class SavedGuest {
  readonly image: SaveImage;
  readonly #world: World;
  readonly #directory: string;
  #clones = 0;

  private constructor(world: World, directory: string, image: SaveImage) {
    this.#world = world;
    this.#directory = directory;
    this.image = image;
  }

  /** `script` has run in the guest before. */
  static async make(world: World, connection: Connection, script: string): Promise<SavedGuest> {
    const compute = await world.compute();
    const image = await world.minimalImage();
    const { id, domainName } = await compute.launch({ image, name: 'saved', network: 'none' });
    await compute.waitFor('saved', { kind: 'agent' }, { timeoutMs: LONG_MS });
    await runInGuest(domainName, script);
    const directory = join(world.stateDir, 'template');
    await mkdir(directory, { mode: 0o711 });
    const memory = join(directory, 'memory');
    await (await connection.domainByName(domainName)).save(memory, { state: 'running' });
    await copyFile(join(world.stateDir, 'state', 'instances', id, 'disk'), join(directory, 'disk'));
    for (const name of await readdir(directory)) await chmod(join(directory, name), 0o444);
    return new SavedGuest(world, directory, await readSaveImage(memory));
  }

  /** Overlay, name and XML of another clone; nothing of it runs. */
  async plan(changes: Partial<CloneRequest> & { readonly disk?: string } = {}): Promise<PlannedClone> {
    this.#clones += 1;
    const directory = join(this.#world.stateDir, `clone-${this.#clones}`);
    await mkdir(directory, { mode: 0o711 });
    const domainName = `${this.#world.prefix}-clone-${this.#clones}`;
    const uuid = newUuid();
    const disk = join(directory, 'disk');
    const base = join(this.#directory, 'disk');
    await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', disk]);
    const { disks, consoleLog } = liveDomainFacts(this.image.xml);
    const xml = clonedDomainXml(this.image.xml, {
      name: domainName,
      uuid,
      genid: newUuid(),
      metadata: [],
      disks: new Map(
        disks.flatMap(({ target, source, device }) => {
          if (target === null || source === null) return [];
          const now = { file: changes.disk ?? disk, format: 'qcow2' } as const;
          return [[target, device === 'disk' ? now : { file: source, format: 'raw' }]];
        }),
      ),
      files: new Map([[consoleLog ?? '', join(directory, 'console.log')]]),
    });
    const { image } = this;
    return {
      domainName,
      directory,
      request: { image, xml, uuid, directory, timeoutMs: LONG_MS, ...changes },
    };
  }

  /** Of all the template's files. */
  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for (const name of ['memory', 'disk']) {
      for await (const piece of createReadStream(join(this.#directory, name))) hash.update(piece);
    }
    return hash.digest('hex');
  }
}
