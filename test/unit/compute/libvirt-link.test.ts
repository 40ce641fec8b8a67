// What is said where a domain goes while it is looked at: whether its instance went with it, the record tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { LibvirtLink } from '../../../src/compute/libvirt-link.ts';
import type { Instance } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

const instance = anInstance({ name: 'brave-owl', vmState: 'active' });
const lost = new Fault('not-found', 'DOMAIN_NOT_FOUND', `no domain with matching uuid '${instance.id}'`);
const DELETED = { code: 'INSTANCE_NOT_FOUND', message: 'Instance brave-owl was deleted meanwhile' };

/** `recorded`: what the record says when somebody looks again. */
async function looked(recorded: Instance | undefined, fault = lost): Promise<void> {
  const link = new LibvirtLink('test:///default', () => recorded);
  await link.whilePresent(instance, () => Promise.reject(fault));
}

test('a domain that goes with its instance, or before it while that is deleted, is told by the instance’s name', async () => {
  await assert.rejects(looked(undefined), DELETED);
  await assert.rejects(looked({ ...instance, taskState: 'deleting' }), DELETED);
});

test('a domain that goes alone, and whatever else fails, is told as it is', async () => {
  await assert.rejects(looked(instance), lost);
  const other = new Fault('unavailable', 'LIBVIRT_CONNECTION_LOST', 'gone');
  await assert.rejects(looked(undefined, other), other);
});

test('what is still there is given as it is recorded now', () => {
  const now = anInstance({ name: 'brave-owl', vmState: 'rescued' });
  assert.equal(new LibvirtLink('test:///default', () => now).present(instance), now);
});
