// What may be asked of a shared folder.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { planShare, type Share } from '../../../src/model/index.ts';

const DATA: Share = { tag: 'data', path: '/srv/data', driver: 'virtiofs', readOnly: false };

test('virtiofs is what shares, and 9p where the guest may not write', () => {
  assert.deepEqual(planShare({ path: '/srv/data', tag: 'data' }, []), DATA);
  assert.deepEqual(planShare({ path: '/srv/data', tag: 'ro', readOnly: true }, [DATA]), {
    ...{ tag: 'ro', path: '/srv/data', driver: '9p', readOnly: true },
  });
  assert.equal(planShare({ path: '/', tag: 'a', driver: '9p' }, []).driver, '9p');
});

test('what no guest could mount, or would mount as another, is refused', () => {
  for (const [request, code] of [
    [{ path: 'srv', tag: 'data' }, 'SHARE_INVALID'],
    [{ path: '/srv\0', tag: 'x' }, 'SHARE_INVALID'],
    [{ path: '/srv', tag: '' }, 'SHARE_INVALID'],
    [{ path: '/srv', tag: '-o' }, 'SHARE_INVALID'],
    [{ path: '/srv', tag: 'a'.repeat(32) }, 'SHARE_INVALID'],
    [{ path: '/srv', tag: 'data' }, 'SHARE_TAG_TAKEN'],
    [{ path: '/srv', tag: 'x', driver: 'virtiofs', readOnly: true }, 'SHARE_READ_ONLY_UNSUPPORTED'],
  ] as const) {
    assert.throws(
      () => planShare(request, [DATA]),
      (error) => isFault(error, code),
      JSON.stringify(request),
    );
  }
  const many = Array.from({ length: 16 }, (_unused, at): Share => ({ ...DATA, tag: `t${at}` }));
  assert.throws(
    () => planShare({ path: '/srv', tag: 'x' }, many),
    (error) => isFault(error, 'SHARE_INVALID'),
  );
});
