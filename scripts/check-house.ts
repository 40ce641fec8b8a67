// Runs the house's own rules on a checkout (this one, or the folder given) and says every breach of them.
import { resolve } from 'node:path';
import { checkFaults } from './check-faults.ts';
import { checkFloors } from './check-floors.ts';
import { checkReadme } from './check-readme.ts';
import { checkSizes } from './check-sizes.ts';
import { checkWords } from './check-words.ts';

const root = resolve(process.argv[2] ?? `${import.meta.dirname}/..`);
const rules = {
  floors: checkFloors,
  sizes: checkSizes,
  faults: checkFaults,
  readme: checkReadme,
  words: checkWords,
};

for (const [rule, check] of Object.entries(rules)) {
  for (const breach of check(root)) {
    process.stdout.write(`${rule}: ${breach}\n`);
    process.exitCode = 1;
  }
}
