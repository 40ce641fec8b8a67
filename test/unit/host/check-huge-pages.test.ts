import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideHugePages } from '../../../src/host/check-huge-pages.ts';

test('huge pages that QEMU cannot reach are a warning with the cure', () => {
  const finding = decideHugePages({ memoryMiB: 2048, isMounted: false });
  assert.equal(finding.status, 'warning');
  assert.match(finding.fix ?? '', /mount -t hugetlbfs/);
});

test('none set aside, or some within reach, is well', () => {
  assert.equal(decideHugePages({ memoryMiB: 0, isMounted: false }).status, 'ok');
  assert.match(decideHugePages({ memoryMiB: 2048, isMounted: true }).what, /2048 MiB/);
});
