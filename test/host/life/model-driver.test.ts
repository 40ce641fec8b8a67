// A thousand lives of one instance on libvirt's own test driver: its states and its calls are libvirt's, in memory. It knows
// domains of type "test" of an old machine alone, so the definition is said in its words on the way to it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadSettings } from '../../../src/app/configuration.ts';
import { isFault } from '../../../src/base/index.ts';
import { EngineHost, type EngineHostFacts } from '../../../src/compute/engine-host.ts';
import { LibvirtLink } from '../../../src/compute/libvirt-link.ts';
import { pauseInstance, unpauseInstance } from '../../../src/compute/life/pause.ts';
import { changeRecord, lockInstance, unlockInstance } from '../../../src/compute/life/record-changes.ts';
import { renameInstance } from '../../../src/compute/life/rename.ts';
import { resumeInstance, suspendInstance } from '../../../src/compute/life/suspend.ts';
import { closeTools, makeTools } from '../../../src/compute/make-tools.ts';
import { instancePaths } from '../../../src/compute/paths.ts';
import { rebootInstance, startInstance, stopInstance } from '../../../src/compute/power.ts';
import type { Tools } from '../../../src/compute/tools.ts';
import { showView } from '../../../src/compute/views.ts';
import type { Connection, Domain } from '../../../src/libvirt/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { FRESH, type Living, type Real, type Seen, steps } from './model.ts';

const LIVES = 1000;
const LONGEST_LIFE = 16;
const INSTANCE = anInstance();

/** A connection that says a definition in the test driver's words; all other calls go through as they are. */
class DriverLink extends LibvirtLink {
  override async control(): Promise<Connection> {
    const connection = await super.control();
    return new Proxy(connection, {
      get: (target, key) => {
        if (key === 'defineDomain') return async (xml: string) => await target.defineDomain(inItsWords(xml));
        const member: unknown = Reflect.get(target, key, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }
}

function inItsWords(xml: string): string {
  return xml
    .replace(/<domain type="\w+"/, '<domain type="test"')
    .replace(/<type arch="\w+" machine="[\w.-]+">/, '<type arch="i686">');
}

class DriverHost extends EngineHost {
  override async facts(): Promise<EngineHostFacts> {
    return {
      domain: { arch: 'x86_64' },
      hardware: {
        arch: 'x86_64',
        virtType: 'qemu',
        machineTypes: {},
        cpuModes: [],
        firmware: {},
        maxQueues: 1,
      },
      memoryMiB: 6144,
      limits: { tpmModels: [], ioUring: false },
      cpus: [0],
      cells: [],
    };
  }
}

async function driverTools(stateDir: string): Promise<Tools> {
  const settings = await loadSettings({
    connect: 'test:///default',
    env: { XDG_CONFIG_HOME: stateDir, NOVALET_STATE_DIR: stateDir },
    uid: 1000,
  });
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const store = openStore(join(stateDir, 'novalet.db'));
  const tools = makeTools(settings, store, { log, version: '0' });
  const libvirt = new DriverLink('test:///default', (id) => store.instances.get(id));
  return { ...tools, libvirt, host: new DriverHost(settings, libvirt) };
}

function livingOn(tools: Tools): Living {
  return {
    start: (ref) => startInstance(tools, ref, {}),
    stop: (ref, options = {}) => stopInstance(tools, ref, options),
    reboot: async (ref, options = {}) => ({ madeAnew: await rebootInstance(tools, ref, options) }),
    pause: (ref) => pauseInstance(tools, ref, {}),
    unpause: (ref) => unpauseInstance(tools, ref, {}),
    suspend: (ref) => suspendInstance(tools, ref, {}),
    resume: (ref) => resumeInstance(tools, ref, {}),
    lock: async (ref, options = {}) => lockInstance(tools, ref, options),
    unlock: async (ref) => unlockInstance(tools, ref),
    rename: (ref, name) => renameInstance(tools, ref, name, {}),
    change: async (ref, wanted) => changeRecord(tools, ref, wanted),
    show: (ref) => showView(tools, ref),
  };
}

/** No ports, whose network the driver has not, and no agent to wait for. */
const RECORD: Instance = {
  ...INSTANCE,
  vmState: 'stopped',
  ports: [],
  metadata: { role: FRESH.role },
  name: FRESH.name,
  hardware: {
    ...INSTANCE.hardware,
    cpuMode: 'none',
    options: { ...INSTANCE.hardware.options, guestAgent: false },
  },
};

class Life implements Real {
  readonly id = RECORD.id;
  readonly compute: Living;
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.compute = livingOn(tools);
  }

  readonly virsh = {
    destroy: async () => await (await this.#domain()).destroy(),
    suspend: async () => await (await this.#domain()).suspend(),
    resume: async () => await (await this.#domain()).resume(),
    undefine: async () => await (await this.#domain()).undefine({ managedSave: true }),
    'drop-saved-memory': async () => await (await this.#domain()).removeManagedSave(),
  };

  async look(): Promise<Seen> {
    const disks = disksOf(this.#tools);
    const domain = await this.#tools.libvirt.findDomain(RECORD);
    if (domain === undefined) return { domain: 'none', hasSavedMemory: false, disks };
    const { state } = await domain.state();
    assert.ok(state === 'running' || state === 'paused' || state === 'shutoff', state);
    return {
      domain: state === 'shutoff' ? 'off' : state,
      hasSavedMemory: await domain.hasManagedSave(),
      disks,
    };
  }

  async #domain(): Promise<Domain> {
    return await this.#tools.libvirt.domain(RECORD);
  }
}

function disksOf({ paths }: Tools): Seen['disks'] {
  const { directory } = instancePaths(paths.instances, RECORD.id);
  const names = readdirSync(directory).toSorted();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]),
  );
}

/** As after a launch and a stop; what the life before left is gone. */
async function born(tools: Tools): Promise<void> {
  const domain = await tools.libvirt.findDomain(RECORD);
  if (domain !== undefined) {
    await domain.destroy().catch((error: unknown) => {
      if (!isFault(error)) throw error; // it was off
    });
    await domain.undefine({ managedSave: true });
  }
  tools.store.instances.remove(RECORD.id);
  tools.store.instances.insert(RECORD);
  await startInstance(tools, RECORD.id, {});
  await stopInstance(tools, RECORD.id, { force: true });
}

test(`in ${LIVES} lives, record, libvirt and disks agree after every step`, {
  timeout: 900_000,
}, async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'nvt-model-'));
  t.after(() => rmSync(stateDir, { recursive: true }));
  const tools = await driverTools(stateDir);
  t.after(() => closeTools(tools));
  const { directory } = instancePaths(tools.paths.instances, RECORD.id);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'disk'), 'what the guest wrote');
  const disks = disksOf(tools);
  const lives = fc.asyncProperty(fc.commands(steps(), { maxCommands: LONGEST_LIFE }), async (commands) => {
    await born(tools);
    await fc.asyncModelRun(() => ({ model: { ...FRESH, disks }, real: new Life(tools) }), commands);
  });
  await fc.assert(lives, { numRuns: LIVES });
  assert.deepEqual(tools.store.leases.list(), []);
});
