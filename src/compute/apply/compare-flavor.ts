// What has to be done to a flavor. Pure.
import type { Flavor } from '../../model/index.ts';
import { checkFlavor } from '../flavor-catalogue.ts';
import { creation, mapDifferences, nothing, type PlannedStep } from './planned-step.ts';
import type { Difference } from './requests.ts';

/** Throws `FLAVOR_INVALID` and what is wrong with its extra specs. */
export function compareFlavor(wanted: Flavor, found: Flavor | undefined): PlannedStep {
  checkFlavor(wanted);
  const subject = { kind: 'flavor', name: wanted.name } as const;
  if (found === undefined) {
    const specs = Object.entries(wanted.extraSpecs).map(([key, value]) => [`extra_specs.${key}`, value]);
    return creation(subject, { ...sizesOf(wanted), ...Object.fromEntries(specs) }, [
      { kind: 'create-flavor', flavor: wanted },
    ]);
  }
  const differences = flavorDifferences(found, wanted);
  if (differences.length === 0) return nothing(subject);
  return {
    ...nothing(subject),
    action: 'change',
    differences,
    notes: ['an instance that this file does not name keeps the size that it was given'],
    acts: [{ kind: 'replace-flavor', flavor: wanted }],
  };
}

/** In the words of the file, the name left out. */
export function flavorDifferences(from: Flavor, to: Flavor): readonly Difference[] {
  const [before, after] = [sizesOf(from), sizesOf(to)];
  const sizes = Object.entries(after).flatMap(([key, size]) =>
    before[key] === size ? [] : [{ key, from: before[key] ?? null, to: size }],
  );
  return [...sizes, ...mapDifferences('extra_specs', from.extraSpecs, to.extraSpecs)];
}

function sizesOf(flavor: Flavor): Readonly<Record<string, string>> {
  return {
    vcpus: `${flavor.vcpus}`,
    memory: `${flavor.memoryMiB} MiB`,
    disk: `${flavor.rootGiB} GiB`,
    ephemeral: `${flavor.ephemeralGiB} GiB`,
    swap: `${flavor.swapMiB} MiB`,
  };
}
