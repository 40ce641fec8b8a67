import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translateAgentFault } from '../../../src/compute/agent-faults.ts';
import { LibvirtFault } from '../../../src/libvirt/index.ts';

function fault(kind: 'unavailable' | 'refused', code: string, libvirtCode: number): LibvirtFault {
  const error = Object.assign(new Error('m'), {
    libvirtCode,
    libvirtDomain: 7,
    level: 2,
    systemErrno: 0,
    connectionLost: kind === 'unavailable',
  });
  return new LibvirtFault({ kind, code }, 'm', error, {});
}

const translated = (of: LibvirtFault) => translateAgentFault(of, 'the agent of t', 'guest-ping', 1);

test('no connection to libvirt is not taken for what the agent said, though the numbers are the same', () => {
  for (const code of ['LIBVIRT_UNREACHABLE', 'LIBVIRT_CONNECTION_LOST', 'LIBVIRT_DENIED']) {
    for (const number of [1, 38, 39]) {
      const given = fault('unavailable', code, number);
      assert.equal(translated(given), given);
    }
  }
});

test("the agent's refusal, and a reply that libvirt dropped, are told apart by libvirt's numbers", () => {
  assert.equal(translated(fault('refused', 'LIBVIRT_FAILED', 1)).name, 'QapiFault');
  for (const number of [38, 39])
    assert.equal(translated(fault('refused', 'LIBVIRT_FAILED', number)).code, 'AGENT_REPLY_TOO_LARGE');
});
