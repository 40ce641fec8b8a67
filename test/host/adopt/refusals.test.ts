// What is not adopted, what becomes of an adoption that is killed in the middle, and of a record that was lost. What is
// started here stays in its firmware.
import assert from 'node:assert/strict';
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Fault, isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { virsh } from '../support/ask-agent.ts';
import { runCommand } from '../support/run-command.ts';
import { World } from '../support/world.ts';
import { definitionOf } from './foreign-guest.ts';

const BOUND = { timeout: 120_000 };
let world: World;
let other: World;
let compute: Compute;

before(async () => {
  [world, other] = [await World.make(), await World.make()];
  compute = await world.compute();
}, BOUND);
after(async () => {
  await other[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
}, BOUND);

async function domainFile(word: string): Promise<{ readonly domain: string; readonly file: string }> {
  const domain = `${world.prefix}-${word}`;
  const file = join(world.stateDir, `${word}.xml`);
  const rest = '<memory unit="MiB">64</memory><vcpu>1</vcpu><os><type arch="x86_64">hvm</type></os>';
  await writeFile(file, `<domain type="qemu"><name>${domain}</name>${rest}</domain>`);
  return { domain, file };
}

async function aDomain(word: string): Promise<string> {
  const { domain, file } = await domainFile(word);
  await virsh('define', file);
  return domain;
}

function refuses(code: string, hint: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(isFault(error, code), String(error));
    const { hint: told = '' }: Fault = error;
    assert.match(told, hint);
    return true;
  };
}

test('a name that libvirt does not know is told with the nearest one', async () => {
  const domain = await aDomain('near');
  await assert.rejects(
    compute.adopt({ domain: `${domain}r` }),
    refuses('DOMAIN_NOT_FOUND', new RegExp(`mean ${domain}\\?`)),
  );
});

test('a domain is adopted by its UUID too, and no second time', async () => {
  const domain = await aDomain('twice');
  const uuid = (await virsh('domuuid', domain)).trim();
  const { id, name } = await compute.adopt({ domain: uuid.toUpperCase() });
  assert.deepEqual([id, name], [uuid, domain]);
  await assert.rejects(
    compute.adopt({ domain, name: 'again' }),
    refuses('DOMAIN_MANAGED', new RegExp(`show ${domain}`)),
  );
});

test('a name that is taken or none is refused, and nothing is marked', async () => {
  const [first, second] = [await aDomain('first'), await aDomain('second')];
  await compute.adopt({ domain: first, name: 'taken' });
  const before = await virsh('dumpxml', '--inactive', second);
  await assert.rejects(
    compute.adopt({ domain: second, name: 'taken' }),
    refuses('INSTANCE_NAME_TAKEN', /another name/),
  );
  await assert.rejects(
    compute.adopt({ domain: second, name: 'a/b' }),
    refuses('INSTANCE_NAME_INVALID', /letters/),
  );
  assert.equal(await virsh('dumpxml', '--inactive', second), before);
  assert.deepEqual((await compute.list()).map(({ instance }) => instance.domainName).includes(second), false);
});

test('a domain without a definition is refused, and taken once it has one', async () => {
  const { domain, file } = await domainFile('transient');
  await virsh('create', file);
  await assert.rejects(compute.adopt({ domain }), refuses('DOMAIN_TRANSIENT', /virsh define/));
  await writeFile(file, await virsh('dumpxml', '--security-info', domain));
  await virsh('define', file);
  assert.equal((await compute.adopt({ domain })).vmState, 'active');
  await virsh('undefine', domain);
  await compute.release(domain);
  assert.ok(
    !(await virsh('dumpxml', domain)).includes('novalet:adopted'),
    'released while it had no definition',
  );
  await virsh('define', file);
  assert.equal((await compute.adopt({ domain })).vmState, 'active');
  assert.deepEqual((await compute.delete(domain)).leftFiles, []);
});

test("a domain of another state directory is refused until it's released there", async () => {
  const domain = await aDomain('theirs');
  const theirs = await other.compute();
  await theirs.adopt({ domain });
  const state = join(other.stateDir, 'state');
  await assert.rejects(compute.adopt({ domain }), refuses('DOMAIN_MANAGED_ELSEWHERE', new RegExp(state)));
  await theirs.release(domain);
  assert.equal((await compute.adopt({ domain })).name, domain);
});

test('an instance that was launched is neither adopted nor given back', BOUND, async () => {
  const instance = await launchNothing(world, 'launched', 'none');
  const { domainName: domain, name } = instance;
  await assert.rejects(compute.adopt({ domain }), refuses('DOMAIN_MANAGED', /novalet show launched/));
  await assert.rejects(compute.release(name), refuses('INSTANCE_NOT_ADOPTED', /novalet delete launched/));
  const theirs = await other.compute();
  const state = join(world.stateDir, 'state');
  await assert.rejects(theirs.adopt({ domain }), refuses('DOMAIN_MANAGED_ELSEWHERE', new RegExp(state)));
  await compute.delete(name);
});

test(
  'an instance whose record was lost is adopted again, with its address, and its files stay',
  BOUND,
  async () => {
    await using lost = await World.make();
    const { domainName: domain, ports } = await launchNothing(lost, 'lost', undefined);
    await lost.closeCompute();
    for (const end of ['', '-wal', '-shm'])
      await rm(join(lost.stateDir, 'state', `novalet.db${end}`), { force: true });
    const again = await lost.compute();
    const adopted = await again.adopt({ domain });
    assert.deepEqual([adopted.name, adopted.vmState], ['lost', 'active']);
    assert.deepEqual(
      adopted.ports.map(({ mac, fixedIps }) => [mac, fixedIps]),
      ports.map(({ mac, fixedIps }) => [mac, fixedIps]),
    );
    const next = await launchNothing(lost, 'next', undefined);
    assert.notEqual(next.ports[0]?.mac, ports[0]?.mac);
    await again.delete(next.name);
    const { leftFiles } = await again.delete('lost');
    assert.ok(leftFiles.length > 0);
    for (const file of leftFiles) await access(file);
  },
);

/** A guest that never boots: its disk is empty. */
async function launchNothing(where: World, name: string, network: string | undefined): Promise<Instance> {
  const engine = await where.compute();
  const source = join(where.stateDir, 'empty.raw');
  await writeFile(source, Buffer.alloc(1024 * 1024));
  const image = await engine.images.add({ source, name: `empty-${name}`, diskFormat: 'raw' });
  const wish = network === undefined ? {} : { network };
  return await engine.launch({ image: image.id, name, configDrive: false, ...wish });
}

test(
  'an adoption that is killed between record and mark is finished by the next command',
  BOUND,
  async () => {
    const domain = await aDomain('killed');
    const before = await definitionOf(domain);
    const program = fileURLToPath(new URL('adopt-and-die.ts', import.meta.url));
    const { status, stderr } = await runCommand(process.execPath, [program, world.configFile, domain]);
    assert.equal(status, null, stderr);
    assert.ok(!(await virsh('dumpxml', '--inactive', domain)).includes('novalet:adopted'));
    const listed = await world.novalet(['list']);
    assert.match(listed.stdout, new RegExp(`${domain} +SHUTOFF`));
    assert.match(await virsh('dumpxml', '--inactive', domain), /<novalet:adopted [^>]*state="[^"]+\/state"/);
    assert.equal(await definitionOf(domain), before);
  },
);
