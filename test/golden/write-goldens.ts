// Renders every description under test/golden again, and writes docs/hardware-keys.md: `node test/golden/write-goldens.ts`, then review the diff.
// What Nova itself wrote is never touched.
import { writeFileSync } from 'node:fs';
import { render } from '../../src/compute/render.ts';
import { goldenCases } from './cases.ts';
import { HARDWARE_KEYS_PAGE, hardwareKeysPage } from './hardware-keys-page.ts';

for (const golden of goldenCases()) {
  if (!golden.writtenByNova) writeFileSync(golden.xmlPath, render(golden.input));
}
writeFileSync(HARDWARE_KEYS_PAGE, hardwareKeysPage());
