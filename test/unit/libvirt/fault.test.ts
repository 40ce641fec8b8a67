import assert from 'node:assert/strict';
import test from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { ERROR_DOMAINS, ERRORS } from '../../../src/libvirt/constants.ts';
import { attempt, LibvirtFault, toFault } from '../../../src/libvirt/fault.ts';

function libvirtError(
  libvirtCode: number,
  facts: { systemErrno?: number; connectionLost?: boolean; libvirtDomain?: number } = {},
) {
  return Object.assign(new Error('what libvirt said'), {
    failure: 'libvirt',
    begun: true,
    libvirtCode,
    libvirtDomain: 10,
    level: 2,
    systemErrno: 0,
    connectionLost: false,
    ...facts,
  });
}

function meaning(error: unknown, opening?: 'system' | 'session'): string {
  const fault = toFault({ act: 'do it', ...(opening === undefined ? {} : { opening }) }, error);
  assert.ok(isFault(fault));
  return `${fault.kind} ${fault.code} ${fault.outcome}`;
}

test("kind and code follow from libvirt's number", () => {
  const expected: readonly (readonly [keyof typeof ERRORS, string])[] = [
    ['VIR_ERR_NO_DOMAIN', 'not-found DOMAIN_NOT_FOUND not-done'],
    ['VIR_ERR_NO_NETWORK', 'not-found NETWORK_NOT_FOUND not-done'],
    ['VIR_ERR_NO_DOMAIN_SNAPSHOT', 'not-found DOMAIN_SNAPSHOT_NOT_FOUND not-done'],
    ['VIR_ERR_NO_DOMAIN_CHECKPOINT', 'not-found DOMAIN_CHECKPOINT_NOT_FOUND not-done'],
    ['VIR_ERR_NO_DOMAIN_BACKUP', 'not-found DOMAIN_BACKUP_NOT_FOUND not-done'],
    ['VIR_ERR_CHECKPOINT_INCONSISTENT', 'conflict DOMAIN_CHECKPOINT_INCONSISTENT not-done'],
    ['VIR_ERR_SNAPSHOT_REVERT_RISKY', 'conflict DOMAIN_SNAPSHOT_RISKY not-done'],
    ['VIR_ERR_BLOCK_COPY_ACTIVE', 'conflict LIBVIRT_STATE_CONFLICT not-done'],
    ['VIR_ERR_OPERATION_INVALID', 'conflict LIBVIRT_STATE_CONFLICT not-done'],
    ['VIR_ERR_ACCESS_DENIED', 'denied LIBVIRT_DENIED not-done'],
    ['VIR_ERR_XML_ERROR', 'invalid LIBVIRT_XML_INVALID not-done'],
    ['VIR_ERR_AGENT_UNRESPONSIVE', 'unavailable AGENT_UNRESPONSIVE unknown'],
    ['VIR_ERR_AGENT_COMMAND_TIMEOUT', 'timeout AGENT_COMMAND_TIMEOUT unknown'],
    ['VIR_ERR_AGENT_COMMAND_FAILED', 'refused AGENT_COMMAND_FAILED not-done'],
    ['VIR_ERR_OPERATION_TIMEOUT', 'timeout LIBVIRT_TIMEOUT not-done'],
    ['VIR_ERR_INTERNAL_ERROR', 'refused LIBVIRT_FAILED not-done'],
  ];
  for (const [name, words] of expected) assert.equal(meaning(libvirtError(ERRORS[name])), words, name);
  assert.equal(meaning(libvirtError(9999)), 'refused LIBVIRT_FAILED not-done');
});

test('a lost connection outweighs what the call said, and leaves the outcome open', () => {
  const lost = libvirtError(ERRORS.VIR_ERR_INTERNAL_ERROR, { connectionLost: true });
  assert.equal(meaning(lost), 'unavailable LIBVIRT_CONNECTION_LOST unknown');
});

test('a system error is read by its errno', () => {
  const system = (systemErrno: number) => libvirtError(ERRORS.VIR_ERR_SYSTEM_ERROR, { systemErrno });
  assert.equal(meaning(system(13), 'system'), 'denied LIBVIRT_DENIED not-done');
  assert.equal(meaning(system(28)), 'exhausted HOST_NO_SPACE not-done');
  assert.equal(meaning(system(12)), 'exhausted HOST_NO_MEMORY not-done');
  assert.equal(meaning(system(2), 'system'), 'unavailable LIBVIRT_UNREACHABLE not-done');
  assert.equal(meaning(system(2)), 'refused LIBVIRT_FAILED not-done');
});

test('while opening, a part of libvirt that asks who may connect means denied', () => {
  const asked = libvirtError(ERRORS.VIR_ERR_INTERNAL_ERROR, { libvirtDomain: ERROR_DOMAINS.VIR_FROM_POLKIT });
  assert.equal(meaning(asked, 'system'), 'denied LIBVIRT_DENIED not-done');
  assert.equal(meaning(asked), 'refused LIBVIRT_FAILED not-done');
});

test('the cure for session mode is another one', () => {
  const refused = libvirtError(ERRORS.VIR_ERR_SYSTEM_ERROR, { systemErrno: 13 });
  const hints = (['system', 'session'] as const).map((opening) => {
    const fault = toFault({ act: 'connect', opening }, refused);
    return isFault(fault) ? fault.hint : undefined;
  });
  assert.match(hints[0] ?? '', /group libvirt/);
  assert.match(hints[1] ?? '', /XDG_RUNTIME_DIR/);
});

test("a refusal of the addon's own keeps whether the call had begun", () => {
  const own = (failure: string, begun = false) => Object.assign(new Error('why'), { failure, begun });
  assert.equal(meaning(own('closed', true)), 'cancelled LIBVIRT_CONNECTION_CLOSED unknown');
  assert.equal(meaning(own('closed')), 'cancelled LIBVIRT_CONNECTION_CLOSED not-done');
  assert.equal(meaning(own('full')), 'exhausted LIBVIRT_QUEUE_FULL not-done');
  assert.equal(meaning(own('argument')), 'invalid LIBVIRT_ARGUMENT_INVALID not-done');
  assert.equal(meaning(own('defect')), 'internal LIBVIRT_ADDON_FAILED not-done');
});

test('what is not an error of the addon goes through unchanged', async () => {
  const other = new TypeError('a defect');
  await assert.rejects(
    attempt('do it', () => Promise.reject(other)),
    (error) => error === other,
  );
});

test("the fault carries libvirt's facts and says what was attempted", () => {
  const fault = toFault({ act: 'start domain x' }, libvirtError(ERRORS.VIR_ERR_NO_DOMAIN));
  assert.ok(fault instanceof LibvirtFault);
  assert.equal(fault.message, 'Could not start domain x: what libvirt said');
  assert.deepEqual([fault.libvirtCode, fault.libvirtDomain, fault.level], [42, 10, 2]);
});
