// A world of its own for one host test: state directory, configuration, network and domain names with the prefix `nvt-`.
// Everything is removed at the end; what a killed run left is found by the prefix (scripts/test-clean).
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCompute } from '../../../src/app/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { ownPrefix } from './own-prefix.ts';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.ts';

export const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
/** Configuration for worlds whose guests may stand still for long: a whole Debian, emulated, on a busy host. */
export const SLOW_AGENT = 'agent_timeout: 60';
const CACHE = process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test';
/** What `debianImage` adds. */
export const DEBIAN_IMAGE = join(CACHE, 'debian.qcow2');

export class World implements AsyncDisposable {
  readonly stateDir: string;
  readonly configFile: string;
  /** Name of this world's NAT network, and the beginning of its domains' names. */
  readonly prefix: string;
  #compute: Compute | undefined;

  private constructor(stateDir: string, prefix: string) {
    this.stateDir = stateDir;
    this.prefix = prefix;
    this.configFile = join(stateDir, 'novalet.yaml');
  }

  /** `more`: further lines of configuration; `state`: another place for the state. */
  static async make(more = '', state?: string): Promise<World> {
    const { directory: stateDir, prefix } = await ownPrefix();
    const world = new World(stateDir, prefix);
    const virtType = process.env['NOVALET_TEST_VIRT_TYPE'];
    const lines = [
      'connect: qemu:///system',
      `state_dir: ${state ?? `${stateDir}/state`}`,
      `instance_name_template: ${prefix}-%08x`,
      `network: { name: ${prefix} }`,
      'default_flavor: m1.tiny',
      'shutdown_timeout: 30',
      ...(virtType === undefined ? [] : [`virt_type: ${virtType}`]),
      more,
    ];
    await writeFile(world.configFile, lines.join('\n'));
    return world;
  }

  /** The engine of this process, opened once. */
  async compute(): Promise<Compute> {
    this.#compute ??= await openCompute({ configFile: this.configFile });
    return this.#compute;
  }

  /** Closes the engine; the next `compute()` opens a new one, as the next command would. */
  async closeCompute(): Promise<void> {
    await this.#compute?.[Symbol.asyncDispose]();
    this.#compute = undefined;
  }

  /** Runs the command line as a person would. */
  async novalet(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await runCommand(
      join(PACKAGE, 'scripts', 'novalet'),
      ['--config', this.configFile, ...args],
      options,
    );
  }

  /** Adds the guest that boots in about five seconds: kernel, ramdisk and a small disk. Gives the image's name. */
  async minimalImage(name = 'minimal'): Promise<string> {
    const compute = await this.compute();
    const directory = join(CACHE, 'minimal');
    const kernel = await compute.images.add({
      source: join(directory, 'kernel'),
      name: `${name}-kernel`,
      diskFormat: 'aki',
    });
    const ramdisk = await compute.images.add({
      source: join(directory, 'initrd'),
      name: `${name}-ramdisk`,
      diskFormat: 'ari',
    });
    await compute.images.add({
      source: join(directory, 'disk.raw'),
      name,
      diskFormat: 'raw',
      properties: {
        kernel_id: kernel.id,
        ramdisk_id: ramdisk.id,
        hw_qemu_guest_agent: 'yes',
        os_distro: 'novalet-minimal',
      },
    });
    return name;
  }

  async debianImage(): Promise<string> {
    const compute = await this.compute();
    await compute.images.add({ source: DEBIAN_IMAGE, name: 'debian' });
    return 'debian';
  }

  /** What there is on the host of this world: domains, files, dnsmasq's hosts, ports. For "nothing is left" comparisons. */
  async snapshot(): Promise<Record<string, readonly string[]>> {
    const domains = await lines('virsh', ['-c', 'qemu:///system', 'list', '--all', '--name']);
    const files = await lines('find', [
      join(this.stateDir, 'state'),
      '-not',
      '-name',
      'novalet.db*',
      '-not',
      '-name',
      'audit.ndjson*',
      '-printf',
      '%P %y\n',
    ]);
    const network = await this.#networkXml();
    return {
      domains: domains.filter((name) => name.startsWith(this.prefix)),
      files: files.sort(),
      dnsmasqHosts: network.filter((line) => line.includes('<host ')).sort(),
      taps: await tapsOf(network),
    };
  }

  async #networkXml(): Promise<readonly string[]> {
    const names = await lines('virsh', ['-c', 'qemu:///system', 'net-list', '--all', '--name']);
    if (!names.includes(this.prefix)) return [];
    return await lines('virsh', ['-c', 'qemu:///system', 'net-dumpxml', this.prefix]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeCompute();
    await runProgram(join(PACKAGE, 'scripts', 'test-clean'), [this.prefix], { timeoutMs: 60_000 });
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

/** The tap devices on the network's bridge. */
async function tapsOf(networkXml: readonly string[]): Promise<readonly string[]> {
  const bridge = /<bridge name='([^']+)'/.exec(networkXml.join('\n'))?.[1];
  return bridge === undefined ? [] : (await lines('ip', ['-br', 'link', 'show', 'master', bridge])).sort();
}

async function lines(program: string, args: readonly string[]): Promise<string[]> {
  const { stdout } = await runProgram(program, args);
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
