// The configuration file: YAML text → settings. Loaded only where there is a file, since the parser is not small.
import { parse } from 'yaml';
import {
  aBoolean,
  anExactObject,
  anIntegerFrom,
  aString,
  aStringLike,
  Fault,
  listOf,
  mapOf,
  oneOf,
  optional,
  Place,
  type Shape,
  type ShapeOf,
} from '../base/index.ts';
import type { Settings } from '../compute/index.ts';
import { AGENT_WAYS, CONFIG_DRIVE_FORMATS, parseCpuSet } from '../model/index.ts';
import { accessShape, toAccessSettings, toGatewaySettings } from './access-configuration.ts';
import { claimShape, toClaimSettings } from './claim-settings.ts';
import type { AppSettings } from './configuration.ts';
import { hardwareShape, toHardwareSettings, toPciSettings } from './hardware-configuration.ts';
import { metadataShape, toMetadataSettings } from './metadata/configuration.ts';

/** `4-15,^8`, or one number. */
const aCpuSet: Shape<readonly number[]> = (value, at) => {
  const cpus = parseCpuSet(typeof value === 'number' ? String(value) : aString(value, at));
  return cpus === undefined || cpus.length === 0 ? at.isNot('a set of CPUs such as 4-15,^8', value) : cpus;
};

const document = anExactObject({
  connect: optional(aString),
  state_dir: optional(aString),
  instance_name_template: optional(
    aStringLike(/^[A-Za-z0-9_.-]*%(0\d+)?[xd][A-Za-z0-9_.-]*$/, 'needs exactly one %08x, %x or %d'),
  ),
  virt_type: optional(oneOf('auto', 'kvm', 'qemu')),
  cpu_mode: optional(oneOf('host-model', 'host-passthrough', 'maximum', 'custom', 'none')),
  cpu_models: optional(listOf(aString)),
  cpu_model_extra_flags: optional(listOf(aString)),
  cpu_dedicated_set: optional(aCpuSet),
  cpu_shared_set: optional(aCpuSet),
  default_flavor: optional(aString),
  rescue_image: optional(aString),
  network: optional(
    anExactObject({
      name: optional(
        aStringLike(/^[A-Za-z0-9_.-]+$/, 'may hold letters, digits, dot, dash and underscore only'),
      ),
      subnet: optional(aStringLike(/^\d+\.\d+\.\d+\.\d+\/\d+$/, 'is not a subnet such as 192.168.130.0/24')),
    }),
  ),
  dhcp_domain: optional(aString),
  agent: optional(oneOf(...AGENT_WAYS)),
  force_config_drive: optional(aBoolean),
  flat_injected: optional(aBoolean),
  config_drive_format: optional(oneOf(...CONFIG_DRIVE_FORMATS)),
  vnc: optional(
    anExactObject({ enabled: optional(aBoolean), listen: optional(aString), password: optional(aBoolean) }),
  ),
  image_mirrors: optional(mapOf(aString)),
  shutdown_timeout: optional(anIntegerFrom(0, 86_400)),
  agent_timeout: optional(anIntegerFrom(1, 3600)),
  ...claimShape,
  ...accessShape,
  ...hardwareShape,
  ...metadataShape,
});

type Mutable<T> = { -readonly [K in keyof T]?: T[K] };

/** Decodes the file's text. Throws `CONFIG_INVALID` naming the file, the key and what is wrong with it. */
export function decodeSettings(text: string, path: string): Partial<AppSettings> {
  const root = new Place('', (key, problem) => invalid(path, `${key === '' ? 'it' : key} ${problem}`));
  const data = document(parseYaml(text, path) ?? {}, root);
  checkCpuSets(data, root);
  checkCpuModels(data, root);
  return {
    ...toSettings(data),
    hardware: toHardwareSettings(data),
    pci: toPciSettings(data, root),
    ...toClaimSettings(data),
    access: toAccessSettings(data, root),
    sshGateway: toGatewaySettings(data, root),
    metadata: toMetadataSettings(data, root),
  };
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, prettyErrors: true }); // no aliases: a small file stays small
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw invalid(path, message.split('\n')[0] ?? 'it is not YAML', error);
  }
}

function toSettings(data: ShapeOf<typeof document>): Partial<Settings> {
  const out: Mutable<Settings> = {};
  if (data.connect !== undefined) out.connect = data.connect;
  if (data.state_dir !== undefined) out.stateDir = data.state_dir;
  if (data.instance_name_template !== undefined) out.instanceNameTemplate = data.instance_name_template;
  if (data.virt_type !== undefined) out.virtType = data.virt_type;
  if (data.cpu_mode !== undefined) out.cpuMode = data.cpu_mode;
  if (data.cpu_models !== undefined) out.cpuModels = data.cpu_models;
  if (data.cpu_model_extra_flags !== undefined) out.cpuModelExtraFlags = data.cpu_model_extra_flags;
  if (data.cpu_dedicated_set !== undefined) out.cpuDedicatedSet = data.cpu_dedicated_set;
  if (data.cpu_shared_set !== undefined) out.cpuSharedSet = data.cpu_shared_set;
  if (data.default_flavor !== undefined) out.defaultFlavor = data.default_flavor;
  if (data.rescue_image !== undefined) out.rescueImage = data.rescue_image;
  if (data.network?.name !== undefined) out.networkName = data.network.name;
  if (data.network?.subnet !== undefined) out.networkSubnet = data.network.subnet;
  if (data.dhcp_domain !== undefined) out.dhcpDomain = data.dhcp_domain;
  if (data.agent !== undefined) out.agentWay = data.agent;
  if (data.force_config_drive !== undefined) out.forceConfigDrive = data.force_config_drive;
  if (data.flat_injected !== undefined) out.flatInjected = data.flat_injected;
  if (data.config_drive_format !== undefined) out.configDriveFormat = data.config_drive_format;
  if (data.vnc?.listen !== undefined) out.vncListen = data.vnc.listen;
  if (data.vnc?.enabled === false) out.vncListen = null;
  if (data.vnc?.password !== undefined) out.vncPassword = data.vnc.password;
  if (data.image_mirrors !== undefined) out.imageMirrors = data.image_mirrors;
  if (data.shutdown_timeout !== undefined) out.shutdownTimeoutS = data.shutdown_timeout;
  if (data.agent_timeout !== undefined) out.agentTimeoutS = data.agent_timeout;
  return out;
}

function checkCpuSets(
  { cpu_dedicated_set: dedicated, cpu_shared_set: shared }: ShapeOf<typeof document>,
  at: Place,
): void {
  const both = dedicated?.find((cpu) => shared?.includes(cpu) === true);
  if (both !== undefined)
    at.member('cpu_shared_set').refuse(`names CPU ${both}, and so does cpu_dedicated_set`);
}

/** As nova/virt/libvirt/driver.py, _check_cpu_compatibility; on aarch64 `custom` has a model of its own. */
function checkCpuModels(
  { cpu_mode: mode, cpu_models: models = [] }: ShapeOf<typeof document>,
  at: Place,
): void {
  if (models.length > 0 && mode !== 'custom')
    at.member('cpu_models').refuse('counts only with cpu_mode: custom');
  if (models.length === 0 && mode === 'custom' && process.arch === 'x64') {
    at.member('cpu_models').refuse('is empty, and cpu_mode is custom');
  }
}

function invalid(path: string, what: string, cause?: unknown): Fault {
  return new Fault('invalid', 'CONFIG_INVALID', `The configuration file ${path} is not right: ${what}`, {
    cause,
    hint: 'docs/configuration.md lists every key with its values.',
  });
}
