// Images: from a file, a URL, a vendor's catalogue or a recipe into the store, checked before anything opens them.
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { arch as nodeArch } from 'node:process';
import { Fault, newUuid, Undo } from '../base/index.ts';
import { checkImageProperties, DISK_FORMATS, type DiskFormat, type Image } from '../model/index.ts';
import type { FetchProgress } from '../storage/index.ts';
import { releaseBase } from './base-use.ts';
import type { ActOptions, ImageAddRequest, ImageChanges, ImageSource, Images } from './compute.ts';
import { holdLease } from './holding.ts';
import type { BuiltImage } from './image-recipes.ts';
import type { Tools } from './tools.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}$/;
/** How long another process may work on the same image. */
const TURN_TIMEOUT_MS = 10_000;

export class ImageStore implements Images {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async list(): Promise<readonly Image[]> {
    return this.#tools.store.images.list();
  }

  async show(ref: string): Promise<Image> {
    const { store, paths } = this.#tools;
    const image = store.images.find(ref);
    if (image.sha256 !== null) return image;
    using _lease = await holdLease(this.#tools, `image:${image.id}`, 'show', { timeoutMs: TURN_TIMEOUT_MS });
    const { sha256OfFile } = await import('../storage/index.ts');
    const sha256 = await sha256OfFile(join(paths.images, image.id));
    const known = { ...store.images.find(image.id), sha256 };
    store.images.update(known);
    return known;
  }

  async add(request: ImageAddRequest, options: ActOptions = {}): Promise<Image> {
    const { store, paths, slots } = this.#tools;
    const name = request.name ?? nameFrom(request.source);
    requireFreeImageName(this.#tools, name);
    const diskFormat = checkDiskFormat(request.diskFormat);
    const properties = withoutEmptyParts(request.properties ?? {});
    checkImageProperties(properties, diskFormat); // wrong ones are refused now, not at launch
    const { fetchImage, findResumableId, parseImageSource } = await import('../storage/index.ts');
    const id = (await findResumableId(paths.images, request.source)) ?? newUuid();
    using _lease = await holdLease(this.#tools, `image:${id}`, 'add', {
      timeoutMs: TURN_TIMEOUT_MS,
      signal: options.signal,
    });
    const fetched = await fetchImage(
      {
        source: parseImageSource(request.source),
        directory: paths.images,
        id,
        name,
        checksum: request.checksum,
        diskFormat,
      },
      {
        signal: options.signal,
        onProgress: (progress) => tell(options, progress),
        inTurn: (work) => slots.run('conversions', work, options),
      },
    );
    const image: Image = {
      id,
      name,
      diskFormat: fetched.diskFormat,
      minDiskGiB: request.minDiskGiB ?? 0,
      minRamMiB: request.minRamMiB ?? 0,
      sizeBytes: fetched.sizeBytes,
      virtualSizeBytes: fetched.virtualSizeBytes,
      sha256: fetched.sha256,
      ...sourceDigest(request.checksum),
      properties,
      createdAt: new Date().toISOString(),
    };
    try {
      checkImageProperties(image.properties, image.diskFormat); // now that it is known
      store.images.insert(image);
    } catch (error) {
      await rm(fetched.path, { force: true }); // somebody took the name meanwhile, or the format fits no bus
      throw error;
    }
    return image;
  }

  async pull(catalogueName: string, options: ActOptions & { readonly name?: string } = {}): Promise<Image> {
    const { loadCatalogue, resolveCatalogue } = await import('../storage/index.ts');
    const { TEMPLATES } = await import('./image-recipes.ts');
    const catalogue = await loadCatalogue(join(TEMPLATES, 'catalogue.yaml'));
    const entry = resolveCatalogue(
      catalogue,
      catalogueName,
      machineArch(),
      this.#tools.settings.imageMirrors,
    );
    const name = options.name ?? entry.name;
    return await this.add(
      { source: entry.url, name, checksum: entry.checksum, properties: entry.properties },
      options,
    );
  }

  async build(recipe: string, options: ActOptions & { readonly name?: string } = {}): Promise<Image> {
    const { buildRecipe, partsOf } = await import('./image-recipes.ts');
    const name = options.name ?? recipe;
    for (const taken of [name, ...partsOf(recipe).map((part) => `${name}-${part}`)])
      requireFreeImageName(this.#tools, taken);
    // The lease marks the folder as somebody's: when its owner dies, recovery sweeps it.
    using _lease = await holdLease(this.#tools, `recipe:${name}`, 'build', {
      timeoutMs: TURN_TIMEOUT_MS,
      signal: options.signal,
    });
    const { temporaryFor } = await import('../storage/index.ts');
    const work = await temporaryFor(join(this.#tools.paths.work, 'build'));
    try {
      await mkdir(work, { mode: 0o700 });
      const build = async () => await buildRecipe(recipe, work, options);
      const built = await this.#tools.slots.run('conversions', build, options);
      return await this.#addBuilt(name, built, options);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  async set(ref: string, changes: ImageChanges): Promise<Image> {
    const { store } = this.#tools;
    const { id } = store.images.find(ref);
    using _lease = await holdLease(this.#tools, `image:${id}`, 'set', { timeoutMs: TURN_TIMEOUT_MS });
    const image = changedImage(store.images.find(id), changes);
    checkImageProperties(image.properties, image.diskFormat);
    store.images.update(image);
    return image;
  }

  async replace(ref: string, request: ImageSource, options: ActOptions = {}): Promise<Image> {
    const { store, paths, log } = this.#tools;
    const old = store.images.find(ref);
    this.#requireUnused(old);
    const name = `${old.name.slice(0, 200)}.replacing-${old.id.slice(0, 8)}`;
    if (store.images.hasName(name)) await this.remove(name); // of a process that was killed
    await using undo = new Undo((what, error) => log.warn({ err: error }, `could not ${what}`));
    const fresh = await this.add({ ...request, name }, options);
    undo.push(`remove image ${name} again`, () => this.remove(fresh.id));
    using _lease = await holdLease(this.#tools, `image:${old.id}`, 'replace', {
      timeoutMs: TURN_TIMEOUT_MS,
      signal: options.signal,
    });
    const image = { ...fresh, name: old.name };
    store.transaction(() => {
      this.#requireUnused(old);
      store.images.remove(old.id);
      store.images.remove(fresh.id);
      store.images.insert(image);
    });
    undo.keep();
    await rm(join(paths.images, old.id), { force: true });
    await releaseBase(this.#tools, old.id);
    return image;
  }

  async remove(ref: string): Promise<void> {
    const { store, paths } = this.#tools;
    const image = store.images.find(ref);
    using _lease = await holdLease(this.#tools, `image:${image.id}`, 'remove', {
      timeoutMs: TURN_TIMEOUT_MS,
    });
    this.#requireUnused(image);
    store.images.remove(image.id);
    await rm(join(paths.images, image.id), { force: true });
    await releaseBase(this.#tools, image.id);
  }

  /** A disk alone, or a disk with the kernel and the ramdisk that boot it; all of them or none. */
  async #addBuilt(name: string, built: BuiltImage, options: ActOptions): Promise<Image> {
    await using undo = new Undo((what, error) => this.#tools.log.warn({ err: error }, `could not ${what}`));
    const properties: Record<string, string> = { ...built.properties };
    for (const part of ['kernel', 'ramdisk'] as const) {
      const source = built[part];
      if (source === undefined) continue;
      const diskFormat = part === 'kernel' ? 'aki' : 'ari';
      const image = await this.add({ source, name: `${name}-${part}`, diskFormat }, options);
      undo.push(`remove image ${image.name} again`, () => this.remove(image.id));
      properties[`${part}_id`] = image.id;
    }
    const disk = { source: built.disk, name, diskFormat: built.diskFormat, properties };
    const image = await this.add(disk, options);
    undo.keep();
    return image;
  }

  /** Kernels and ramdisks are kept while a disk image names them. Disks in use lie over the base, which stays. */
  #requireUnused(image: Image): void {
    const user = this.#tools.store.images
      .list()
      .find(
        ({ properties }) => properties['kernel_id'] === image.id || properties['ramdisk_id'] === image.id,
      );
    if (user === undefined) return;
    throw new Fault(
      'conflict',
      'IMAGE_IN_USE',
      `Image ${image.name} is the kernel or ramdisk of image ${user.name}`,
      {
        hint: `Remove that one first: novalet image remove ${user.name}`,
      },
    );
  }
}

/** Throws `IMAGE_NAME_INVALID` and `IMAGE_EXISTS`. */
export function requireFreeImageName(tools: Tools, name: string): void {
  if (!NAME.test(name)) {
    throw new Fault(
      'invalid',
      'IMAGE_NAME_INVALID',
      `"${name.slice(0, 80)}" cannot be the name of an image`,
      {
        hint: 'Give one with --name: letters, digits, dot, dash, colon and underscore.',
      },
    );
  }
  if (!tools.store.images.hasName(name)) return;
  throw new Fault('conflict', 'IMAGE_EXISTS', `There is an image named ${name} already`, {
    hint: `Give another name with --name, or remove it: novalet image remove ${name}`,
  });
}

function changedImage(image: Image, changes: ImageChanges): Image {
  const { minDiskGiB = image.minDiskGiB, minRamMiB = image.minRamMiB } = changes;
  const gone = new Set(changes.removeProperties);
  const kept = Object.entries(image.properties).filter(([key]) => !gone.has(key));
  return {
    ...image,
    minDiskGiB,
    minRamMiB,
    properties: withoutEmptyParts({ ...Object.fromEntries(kept), ...changes.properties }),
  };
}

/** Glance writes an empty kernel_id for none, and Nova reads it so. */
function withoutEmptyParts(properties: Image['properties']): Image['properties'] {
  const isEmptyPart = (key: string, value: string) =>
    (key === 'kernel_id' || key === 'ramdisk_id') && value === '';
  return Object.fromEntries(Object.entries(properties).filter(([key, value]) => !isEmptyPart(key, value)));
}

/** So that whoever names the source again can be told whether it is the same, also where it was packed. */
function sourceDigest(checksum = ''): Pick<Image, 'sourceSha256'> {
  const [, hex] = /^sha256:([0-9a-f]{64})$/i.exec(checksum) ?? [];
  return hex === undefined ? {} : { sourceSha256: hex.toLowerCase() };
}

function nameFrom(source: string): string {
  const path = URL.canParse(source) ? new URL(source).pathname : source;
  return basename(path).replace(/(\.(xz|gz|zst|img|qcow2|raw|iso|vmdk|vdi|vhdx?|vpc))+$/i, '');
}

function checkDiskFormat(text: string | undefined): DiskFormat | undefined {
  if (text === undefined) return undefined;
  const format = DISK_FORMATS.find((known) => known === text);
  if (format !== undefined) return format;
  throw new Fault('invalid', 'DISK_FORMAT_UNKNOWN', `"${text.slice(0, 40)}" is not a disk format`, {
    hint: `Use one of ${DISK_FORMATS.join(', ')}.`,
  });
}

/** libvirt's name of the architecture this process runs on. */
function machineArch(): string {
  return { x64: 'x86_64', arm64: 'aarch64' }[nodeArch as string] ?? nodeArch;
}

const WORDS: Readonly<Record<FetchProgress['stage'], string>> = {
  download: 'downloading',
  check: 'checking',
  unpack: 'unpacking',
  copy: 'copying',
};

function tell(options: ActOptions, { stage, bytes, totalBytes }: FetchProgress): void {
  options.onProgress?.({
    step: stage,
    phase: 'progress',
    what: WORDS[stage],
    done: bytes,
    ...(totalBytes === null ? {} : { total: totalBytes }),
    unit: 'bytes',
  });
}
