// Renders every description under test/golden again: `node test/golden/write-goldens.ts`, then review the diff.
// What Nova itself wrote is never touched.
import { writeFileSync } from 'node:fs';
import { render } from '../../src/compute/render.ts';
import { goldenCases } from './cases.ts';

for (const golden of goldenCases()) {
  if (!golden.writtenByNova) writeFileSync(golden.xmlPath, render(golden.input));
}
