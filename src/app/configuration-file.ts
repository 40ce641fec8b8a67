// The configuration file: YAML text → settings. Loaded only where there is a file, since zod and yaml cost 50 ms.
import { parse } from 'yaml';
import { z } from 'zod';
import { Fault } from '../base/index.ts';
import type { Settings } from '../compute/index.ts';

const schema = z.strictObject({
  connect: z.string().optional(),
  state_dir: z.string().optional(),
  instance_name_template: z
    .string()
    .regex(/^[A-Za-z0-9_.-]*%(0\d+)?[xd][A-Za-z0-9_.-]*$/, 'needs exactly one %08x, %x or %d')
    .optional(),
  virt_type: z.enum(['auto', 'kvm', 'qemu']).optional(),
  cpu_mode: z.enum(['host-model', 'host-passthrough', 'maximum', 'custom', 'none']).optional(),
  cpu_models: z.array(z.string()).optional(),
  cpu_model_extra_flags: z.array(z.string()).optional(),
  default_flavor: z.string().optional(),
  network: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9_.-]+$/)
        .optional(),
      subnet: z
        .string()
        .regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/, 'is not a subnet such as 192.168.130.0/24')
        .optional(),
    })
    .optional(),
  dhcp_domain: z.string().optional(),
  vnc: z.strictObject({ enabled: z.boolean().optional(), listen: z.string().optional() }).optional(),
  image_mirrors: z.record(z.string(), z.string()).optional(),
  shutdown_timeout: z.number().int().min(0).max(86_400).optional(),
  max_concurrent_builds: z.number().int().min(1).max(1000).optional(),
});

type Mutable<T> = { -readonly [K in keyof T]?: T[K] };

/** Decodes the file's text. Throws `CONFIG_INVALID` naming the file, the key and what is wrong with it. */
export function decodeSettings(text: string, path: string): Partial<Settings> {
  const parsed = schema.safeParse(parseYaml(text, path) ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  return toSettings(parsed.data);
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, prettyErrors: true }); // no aliases: a small file stays small
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw invalid(path, message.split('\n')[0] ?? 'it is not YAML', error);
  }
}

function toSettings(data: z.infer<typeof schema>): Partial<Settings> {
  const out: Mutable<Settings> = {};
  if (data.connect !== undefined) out.connect = data.connect;
  if (data.state_dir !== undefined) out.stateDir = data.state_dir;
  if (data.instance_name_template !== undefined) out.instanceNameTemplate = data.instance_name_template;
  if (data.virt_type !== undefined) out.virtType = data.virt_type;
  if (data.cpu_mode !== undefined) out.cpuMode = data.cpu_mode;
  if (data.cpu_models !== undefined) out.cpuModels = data.cpu_models;
  if (data.cpu_model_extra_flags !== undefined) out.cpuModelExtraFlags = data.cpu_model_extra_flags;
  if (data.default_flavor !== undefined) out.defaultFlavor = data.default_flavor;
  if (data.network?.name !== undefined) out.networkName = data.network.name;
  if (data.network?.subnet !== undefined) out.networkSubnet = data.network.subnet;
  if (data.dhcp_domain !== undefined) out.dhcpDomain = data.dhcp_domain;
  if (data.vnc?.listen !== undefined) out.vncListen = data.vnc.listen;
  if (data.vnc?.enabled === false) out.vncListen = null;
  if (data.image_mirrors !== undefined) out.imageMirrors = data.image_mirrors;
  if (data.shutdown_timeout !== undefined) out.shutdownTimeoutS = data.shutdown_timeout;
  if (data.max_concurrent_builds !== undefined) out.maxConcurrentBuilds = data.max_concurrent_builds;
  return out;
}

function invalid(path: string, what: string, cause?: unknown): Fault {
  return new Fault('invalid', 'CONFIG_INVALID', `The configuration file ${path} is not right: ${what}`, {
    cause,
    hint: 'docs/configuration.md lists every key with its values.',
  });
}
