// The lock file is whole: `npm ci` refuses one that lacks a package of another platform, and an npm that cannot see such a package
// (a registry mirror that leaves it out) writes the lock file without it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test('every dependency of every locked package is locked, those for other platforms too', () => {
  const file = join(import.meta.dirname, '..', '..', 'package-lock.json');
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(file, 'utf8'));
  const locked = Object.keys(lock.packages);
  const missing = Object.entries(lock.packages).flatMap(([place, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !locked.some((other) => other.endsWith(`node_modules/${name}`)))
      .map((name) => `${place === '' ? 'the package' : place} needs ${name}`),
  );
  assert.deepEqual(missing, []);
});
