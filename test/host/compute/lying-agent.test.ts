// A guest whose agent is an enemy, reached through libvirt: whatever it answers, every call ends in time with a fault that
// has a name, and when the honest agent is back, all is well again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { heldBytes } from '../../support/held-bytes.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
const LONGEST_MS = 60_000;
const name = 'enemy';
const world = await World.make();
after(() => world[Symbol.asyncDispose](), BOUND);
let compute: Compute;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  await compute.launch({ image: 'minimal', name, network: 'none' });
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 120_000 });
}, BOUND);

/**
 * In step with libvirt, and then this instead of an answer; `$id` is the number that libvirt sent. None of them nests
 * deeply: libvirtd 9.0 overflows its stack over 300,000 brackets, and ends (docs/security.md).
 */
const LIES: Readonly<Record<string, { readonly answer: string; readonly sync?: string }>> = {
  'words that are no JSON': { answer: "printf '\\033]0;owned\\007}{ no\\n'" },
  'another number than it was sent': { answer: ':', sync: 'printf \'{"return": 1}\\n\'' },
  'numbers that no number holds': { answer: 'printf \'{"return": {"pid": 1e999, "exited": 2}}\\n\'' },
  'escapes in its refusals': {
    answer: 'printf \'{"error": {"class": "GenericError", "desc": "\\\\u001b]0;owned\\\\u0007"}}\\n\'',
  },
  'a line of twenty megabytes': { answer: "head -c 20000000 /dev/zero | tr '\\0' x; echo" },
};

async function inside(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await compute.exec(name, { argv: ['sh', '-c', script], via: 'lane' });
  assert.equal(exitCode, 0, String(stderr));
  return String(stdout).trim();
}

/** The guest's init starts what stands at this place again and again. */
async function agentBecomes(script: string): Promise<void> {
  const write =
    'cat >/usr/sbin/guest-agent.new; chmod 755 /usr/sbin/guest-agent.new; mv /usr/sbin/guest-agent.new /usr/sbin/guest-agent';
  await compute.exec(name, { argv: ['sh', '-c', write], stdin: Buffer.from(script), via: 'lane' });
  await inside('old=$(cat /run/liar 2>/dev/null); rm -f /run/liar; kill -9 $old $(pidof qemu-ga); true');
}

function liar({
  answer,
  sync = 'printf \'{"return": %s}\\n\' "$id"',
}: {
  answer: string;
  sync?: string;
}): string {
  return `#!/bin/sh
exec 3<>/dev/virtio-ports/org.qemu.guest_agent.0
echo $$ >/run/liar
while :; do
  IFS= read -r line <&3 || { sleep 0.2; continue; } # libvirt comes when the port is open, and a read before that ends
  case $line in
    *guest-sync*) id=\${line##*:}; id=\${id%%\\}*}; { ${sync}; } >&3 ;;
    ?*) { ${answer}; } >&3 ;;
  esac
done
`;
}

/** Ends in time, with a fault of ours or with something harmless. */
async function harmless(what: string, work: () => Promise<unknown>): Promise<string> {
  const began = performance.now();
  let code = 'no fault';
  try {
    await work();
  } catch (error) {
    assert.ok(isFault(error) && error.kind !== 'internal', `${what}: ${String(error)}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(`${error.message}${error.hint ?? ''}`, /[\u0000-\u001f\u007f-\u009f]/, what);
    code = error.code;
  }
  const took = performance.now() - began;
  assert.ok(took < LONGEST_MS, `${what} took ${Math.round(took)} ms`);
  return code;
}

test('every lie of an agent ends in a fault with a name, and its lane goes on', {
  timeout: 900_000,
}, async (context) => {
  const honest = await inside('cat /usr/sbin/guest-agent');
  const before = heldBytes();
  for (const [lie, how] of Object.entries(LIES)) {
    await agentBecomes(liar(how));
    await inside('until [ -e /run/liar ] && [ -e /proc/$(cat /run/liar) ]; do sleep 0.1; done');
    while ((await compute.show(name)).agent !== 'connected'); // libvirt has heard of its open port
    const codes = [
      await harmless(`${lie}: exec`, () => compute.exec(name, { argv: ['true'], via: 'agent' })),
      await harmless(`${lie}: facts`, () => compute.guests.facts(name)),
    ];
    assert.ok(!codes.includes('no fault'), `${lie}: ${codes}`);
    const { state, code } = await compute.guests.diagnose(name);
    context.diagnostic(`${lie}: ${codes.join(', ')}; the doctor: ${code}`);
    assert.notEqual(state, 'healthy', lie);
    assert.equal(await inside('echo still here'), 'still here');
  }
  assert.ok(heldBytes() - before < 32 * 1024 * 1024);
  await agentBecomes(`${honest}\n`);
  await inside('until pidof qemu-ga >/dev/null; do sleep 0.1; done');
  await compute.guests.resetChannel(name);
  assert.equal((await compute.guests.diagnose(name)).code, 'AGENT_READY');
  assert.equal((await compute.exec(name, { argv: ['true'], via: 'agent' })).exitCode, 0);
});
