// UEFI firmware as the host's packages describe it. Rules: QEMU, docs/interop/firmware.json: descriptors are JSON files,
// taken in the order of their names; a name in an earlier directory hides the same name in a later one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode } from '../base/index.ts';

export interface FirmwareFiles {
  readonly loader: string;
  readonly nvramTemplate: string;
}

export interface FirmwareChoices {
  /** Boots anything; null where no package brings one. */
  readonly plain: FirmwareFiles | null;
  /** Enforces secure boot, with keys enrolled in its variables. On x86_64 for q35 machines only. */
  readonly secure: FirmwareFiles | null;
}

export interface FirmwareDescriptor {
  readonly files: FirmwareFiles;
  readonly targets: readonly { readonly arch: string; readonly machines: readonly string[] }[];
  readonly features: readonly string[];
}

/** The first plain and the first secure firmware for an architecture. Pure. */
export function chooseFirmware(descriptors: readonly FirmwareDescriptor[], arch: string): FirmwareChoices {
  const fitting = descriptors.filter(({ targets }) => targets.some((target) => target.arch === arch));
  const has = (descriptor: FirmwareDescriptor, feature: string) => descriptor.features.includes(feature);
  const plain = fitting.find(
    (each) => !has(each, 'secure-boot') && !has(each, 'requires-smm') && !has(each, 'amd-sev-es'),
  );
  const secure = fitting.find((each) => has(each, 'secure-boot') && has(each, 'enrolled-keys'));
  return { plain: plain?.files ?? null, secure: secure?.files ?? null };
}

/** Reads every descriptor whose files are there; one that cannot be read or understood is as if it were not there. */
export function readFirmwareDescriptors(directories: readonly string[]): readonly FirmwareDescriptor[] {
  const paths = new Map<string, string>();
  for (const directory of directories) {
    for (const name of jsonFilesIn(directory)) if (!paths.has(name)) paths.set(name, join(directory, name));
  }
  return [...paths.keys()].sort().flatMap((name) => {
    const descriptor = parseDescriptor(readFileSync(paths.get(name) ?? name, 'utf8'));
    return descriptor !== undefined && isThere(descriptor.files) ? [descriptor] : [];
  });
}

/** A descriptor of UEFI firmware in two raw flash images; undefined for anything else. */
export function parseDescriptor(text: string): FirmwareDescriptor | undefined {
  const json = parseObject(text);
  const mapping = objectIn(json['mapping']);
  const executable = objectIn(mapping['executable']);
  const template = objectIn(mapping['nvram-template']);
  const loader = executable['filename'];
  const nvramTemplate = template['filename'];
  const isRaw = executable['format'] === 'raw' && template['format'] === 'raw';
  const isSplit = mapping['device'] === 'flash' && (mapping['mode'] ?? 'split') === 'split';
  if (!textsIn(json['interface-types']).includes('uefi') || !isRaw || !isSplit) return undefined;
  if (typeof loader !== 'string' || typeof nvramTemplate !== 'string') return undefined;
  const targets = listIn(json['targets'])
    .map(objectIn)
    .map((target) => ({
      arch: String(target['architecture']),
      machines: textsIn(target['machines']),
    }));
  return { files: { loader, nvramTemplate }, targets, features: textsIn(json['features']) };
}

function jsonFilesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function isThere(files: FirmwareFiles): boolean {
  return existsSync(files.loader) && existsSync(files.nvramTemplate);
}

/** An empty file is how an administrator hides a descriptor; anything that is no object counts the same. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectIn(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsIn(value: unknown): readonly string[] {
  return listIn(value).filter((item) => typeof item === 'string');
}
