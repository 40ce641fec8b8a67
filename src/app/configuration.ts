// Configuration: defaults, then the file, then the environment, then what the caller says. Later wins.
// The file is YAML; its keys are those of `SETTING_KEYS` (docs/configuration.md). No file is needed.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DEFAULT_ACCESS } from '../audit/index.ts';
import { errnoCode, Fault } from '../base/index.ts';
import { DEFAULT_HARDWARE, isSessionMode, type Settings, VNC_SOCKET } from '../compute/index.ts';
import { DEFAULT_CLAIMS, DEFAULT_WORK_LIMITS } from './claim-settings.ts';
import { DEFAULT_GATEWAY, type GatewaySettings } from './gateway-settings.ts';
import { DEFAULT_METADATA, type MetadataSettings } from './metadata/settings.ts';

/** The engine's settings, and those of what stands beside it. */
export interface AppSettings extends Settings {
  readonly sshGateway: GatewaySettings;
  readonly metadata: MetadataSettings;
}

export interface ConfigurationSource {
  /** libvirt's URI, over everything else. */
  readonly connect?: string | undefined;
  /** A file that must exist; the default locations are tried when left out. */
  readonly configFile?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Effective user id. */
  readonly uid: number;
}

/** Finds and reads the configuration. Throws `CONFIG_NOT_FOUND`, `CONFIG_UNREADABLE` or `CONFIG_INVALID`. */
export async function loadSettings(source: ConfigurationSource): Promise<AppSettings> {
  const file = readConfigFile(source);
  const { decodeSettings } =
    file === undefined ? { decodeSettings: undefined } : await import('./configuration-file.ts');
  const fromFile =
    file === undefined || decodeSettings === undefined ? {} : decodeSettings(file.text, file.path);
  const connect =
    source.connect ?? source.env['NOVALET_CONNECT'] ?? fromFile.connect ?? defaultUri(source.uid);
  checkUri(connect);
  const isSession = isSessionMode({ connect });
  const stateDir = source.env['NOVALET_STATE_DIR'] ?? fromFile.stateDir ?? defaultStateDir(source, isSession);
  if (!isAbsolute(stateDir)) {
    throw new Fault('invalid', 'CONFIG_INVALID', `state_dir is not an absolute path: "${stateDir}"`, {
      hint: 'Write the whole path, for example /var/lib/novalet.',
    });
  }
  const vncListen = isSession ? VNC_SOCKET : DEFAULTS.vncListen;
  return { ...DEFAULTS, vncListen, ...fromFile, connect, stateDir };
}

const DEFAULTS: Omit<AppSettings, 'connect' | 'stateDir'> = {
  instanceNameTemplate: 'instance-%08x',
  virtType: 'auto',
  cpuMode: null,
  cpuModels: [],
  cpuModelExtraFlags: [],
  cpuDedicatedSet: null,
  cpuSharedSet: null,
  hardware: DEFAULT_HARDWARE,
  pci: { devices: [], aliases: [] },
  defaultFlavor: 'm1.small',
  rescueImage: null,
  networkName: 'novalet',
  networkSubnet: null,
  dhcpDomain: 'novalocal',
  agentWay: 'auto',
  forceConfigDrive: false,
  flatInjected: false,
  configDriveFormat: 'iso9660',
  vncListen: '127.0.0.1',
  vncPassword: false,
  imageMirrors: {},
  shutdownTimeoutS: 60,
  agentTimeoutS: 10,
  workLimits: DEFAULT_WORK_LIMITS,
  claims: DEFAULT_CLAIMS,
  access: DEFAULT_ACCESS,
  sshGateway: DEFAULT_GATEWAY,
  metadata: DEFAULT_METADATA,
};

function defaultUri(uid: number): string {
  return uid === 0 ? 'qemu:///system' : 'qemu:///session';
}

/** One for each of libvirt's modes: records of the one's instances mean nothing to the other. */
function defaultStateDir(source: ConfigurationSource, isSession: boolean): string {
  if (source.uid === 0 && !isSession) return '/var/lib/novalet';
  return join(xdgFolder(source, 'XDG_DATA_HOME', '.local/share'), isSession ? 'novalet' : 'novalet-system');
}

function defaultConfigFile(source: ConfigurationSource): string {
  if (source.uid === 0) return '/etc/novalet/novalet.yaml';
  return join(xdgFolder(source, 'XDG_CONFIG_HOME', '.config'), 'novalet', 'novalet.yaml');
}

/** XDG Base Directory Specification: an empty value is as none, and one that is not absolute is to be ignored. */
function xdgFolder({ env }: ConfigurationSource, variable: string, underHome: string): string {
  const named = env[variable] ?? '';
  return isAbsolute(named) ? named : join(env['HOME'] || homedir(), underHome);
}

function checkUri(uri: string): void {
  if (URL.canParse(uri)) return;
  throw new Fault('invalid', 'CONFIG_INVALID', `"${uri}" is not a libvirt connection URI`, {
    hint: 'Write qemu:///system or qemu:///session.',
  });
}

function readConfigFile(source: ConfigurationSource): { path: string; text: string } | undefined {
  const named = source.configFile ?? source.env['NOVALET_CONFIG'];
  const path = named ?? defaultConfigFile(source);
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' && named === undefined) return undefined;
    if (errnoCode(error) === 'ENOENT') {
      throw new Fault('not-found', 'CONFIG_NOT_FOUND', `There is no configuration file at ${path}`, {
        cause: error,
        hint: 'Correct --config or NOVALET_CONFIG, or leave it out: every setting has a default.',
      });
    }
    throw new Fault('denied', 'CONFIG_UNREADABLE', `The configuration file ${path} cannot be read`, {
      cause: error,
      hint: `Check its permissions: ls -l ${path}`,
    });
  }
}
