// Holds imports to the floors of docs/architecture.md: only downwards, and only through the other folder's index.ts; types count too.
// Reads text, since the formatter leaves imports one way of looking.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { sourceFiles } from './source-files.ts';

/** From the ground up. Folders on one floor do not know each other, except where `mayAlso` says so. */
const FLOORS: readonly (readonly string[])[] = [
  ['base', 'model'],
  ['libvirt', 'libvirt-xml', 'qapi', 'hostlink', 'lane'],
  ['guest', 'qmp', 'storage', 'metadata', 'network', 'host', 'store', 'audit', 'openstack'],
  ['compute'],
  ['api', 'metadata-service', 'ssh-gateway'],
  ['app', 'cli', 'testing'],
];

/** Imports along a floor: the vocabulary stands on what has no subject, and what a person types is wired by app. */
const ALONG: Readonly<Record<string, readonly string[]>> = {
  model: ['base'],
  cli: ['app'],
  testing: ['app'],
};

/** What is forbidden although it points downwards: doors and the command line ask the engine, and nothing beneath it. */
const REACH: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ['compute', 'model', 'base'],
  'metadata-service': ['compute', 'model', 'base'],
  'ssh-gateway': ['compute', 'model', 'base'],
};

/** Files that may be imported past their folder's index.ts: light parts of a heavy folder, for who must start fast. */
const SIDE_DOORS: ReadonlySet<string> = new Set(['src/compute/render.ts']);

const IMPORT =
  /^\s*(?:import|export)\b[^'";]*?\bfrom\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;

/** The rules that files under src/ break, one line each. */
export function checkFloors(root: string): string[] {
  return sourceFiles(root, ['src'], ['.ts']).flatMap((file) => {
    const folder = folderOf(file);
    return importsOf(readFileSync(join(root, file), 'utf8')).flatMap(({ specifier, line }) => {
      if (!specifier.startsWith('.')) return [];
      const target = normalize(join(dirname(file), specifier));
      const why = broken(folder, target);
      return why === undefined ? [] : [`${file}:${line}: ${why}`];
    });
  });
}

function broken(folder: string | undefined, target: string): string | undefined {
  if (!target.startsWith('src/')) {
    return isOutsideAllowed(target) ? undefined : `${target} is outside src/`;
  }
  const other = folderOf(target);
  if (other === folder) return undefined;
  if (other === undefined) return `${target} belongs to no floor`;
  if (target !== `src/${other}/index.ts` && !SIDE_DOORS.has(target))
    return `${target} is not to be imported past src/${other}/index.ts`;
  if (folder === undefined) return undefined; // src/index.ts is the package's face, above the roof
  if (floorOf(folder) < 0) return `src/${folder} has no floor: name one in scripts/check-floors.ts`;
  if (floorOf(other) < 0) return `src/${other} has no floor: name one in scripts/check-floors.ts`;
  if (ALONG[folder]?.includes(other)) return undefined;
  if (floorOf(other) > floorOf(folder)) return `src/${folder} may not look up to src/${other}`;
  if (floorOf(other) === floorOf(folder)) return `src/${folder} and src/${other} are on one floor`;
  if (REACH[folder]?.includes(other) === false) return `src/${folder} may not reach src/${other}`;
  return undefined;
}

/** The addon's entry and the package's own description. */
function isOutsideAllowed(target: string): boolean {
  return target.startsWith('native/') || target === 'package.json';
}

function floorOf(folder: string): number {
  return FLOORS.findIndex((floor) => floor.includes(folder));
}

function folderOf(file: string): string | undefined {
  const parts = file.split('/');
  return parts.length > 2 ? parts[1] : undefined;
}

function importsOf(text: string): { specifier: string; line: number }[] {
  return [...text.matchAll(IMPORT)].map((match) => {
    const at = match.index + (match[0].length - match[0].trimStart().length);
    return {
      specifier: match[1] ?? match[2] ?? match[3] ?? '',
      line: text.slice(0, at).split('\n').length,
    };
  });
}
