// The input of `render`, decoded: shapes, defaults and messages. Field names and defaults are those of the published
// schema; unknown keys are refused. zod/mini, because `render` must start quickly.
import * as z from 'zod/mini';
import { Fault } from '../base/index.ts';

const text = z.string();
const strings = z.record(text, text);
const count = z.int().check(z.minimum(0));
const positive = z.int().check(z.minimum(1));

const flavor = z.strictObject({
  name: text,
  vcpus: positive.check(z.maximum(65536)),
  memory_mb: positive,
  root_gb: z._default(count, 0),
  ephemeral_gb: z._default(count, 0),
  swap: z._default(count, 0),
  extra_specs: z._default(strings, {}),
});

const image = z.strictObject({
  id: z.optional(text),
  disk_format: z._default(text, 'qcow2'),
  container_format: z._default(text, 'bare'),
  min_disk: z._default(count, 0),
  min_ram: z._default(count, 0),
  size: z.optional(count),
  properties: z._default(strings, {}),
});

const instance = z.strictObject({
  uuid: z.string().check(z.regex(/^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'Invalid UUID')),
  name: z._default(text, 'instance-00000001'),
  display_name: z.optional(text),
  created_at: z.optional(
    z.string().check(z.regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'Not YYYY-MM-DD HH:MM:SS')),
  ),
  user_id: z.optional(text),
  user_name: z._default(text, 'N/A'),
  project_id: z.optional(text),
  project_name: z._default(text, 'N/A'),
  config_drive: z._default(z.boolean(), false),
  os_type: z._default(z.nullable(text), null),
  kernel: z._default(z.boolean(), false),
  ramdisk: z._default(z.boolean(), false),
  rescue: z._default(z.boolean(), false),
  root_image_id: z.optional(text),
});

const port = z.strictObject({
  id: text,
  mac: text,
  bridge: text,
  devname: text,
  mtu: z._default(z.nullable(positive), null),
  fixed_ips: z._default(z.array(z.looseObject({ address: text })), []),
});

const cell = z.looseObject({
  id: z.int(),
  memory_mb: z.int(),
  cpus: z.array(z.int()),
  siblings: z.optional(z.array(z.array(z.int()))),
  page_sizes_kb: z.optional(
    z.array(z.looseObject({ size: z.optional(z.int()), total: z.optional(z.int()) })),
  ),
});

const firmware = z.looseObject({
  loader: z._default(text, '/usr/share/OVMF/OVMF_CODE.fd'),
  nvram_template: z._default(text, '/usr/share/OVMF/OVMF_VARS.fd'),
  secure_loader: z._default(text, '/usr/share/OVMF/OVMF_CODE.secboot.fd'),
  secure_nvram_template: z._default(text, '/usr/share/OVMF/OVMF_VARS.ms.fd'),
});

const host = z.strictObject({
  arch: z._default(text, 'x86_64'),
  virt_type: z._default(z.enum(['kvm', 'qemu']), 'kvm'),
  instances_path: z._default(text, '/var/lib/nova/instances'),
  numa_cells: z._default(z.array(cell), []),
  max_queues: z._default(positive, 256),
  firmware: z.optional(firmware),
});

const sysinfo = z.looseObject({
  manufacturer: z._default(text, 'OpenStack Foundation'),
  product: z._default(text, 'OpenStack Nova'),
  serial: z._default(z.enum(['unique', 'none']), 'unique'),
});

const settings = z.strictObject({
  profile: z._default(z.enum(['zed', 'modern']), 'zed'),
  // No default here: left out, it depends on the architecture.
  cpu_mode: z.optional(z.enum(['host-model', 'host-passthrough', 'maximum', 'custom', 'none'])),
  cpu_models: z._default(z.array(text), []),
  cpu_model_extra_flags: z._default(z.array(text), []),
  disk_cache: z._default(z.enum(['none', 'writeback', 'writethrough', 'directsync', 'unsafe']), 'none'),
  vnc: z._default(z.nullable(z.looseObject({ listen: z._default(text, '127.0.0.1') })), {
    listen: '127.0.0.1',
  }),
  mem_stats_period_seconds: z._default(z.int(), 10),
  pointer_model: z._default(z.nullable(text), 'usbtablet'),
  num_pcie_ports: z._default(count.check(z.maximum(28)), 0),
  rx_queue_size: z._default(z.nullable(positive), null),
  tx_queue_size: z._default(z.nullable(positive), null),
  package_version: z._default(text, '26.2.2'),
  sysinfo: z.optional(sysinfo),
});

const description = z.strictObject({
  flavor,
  image,
  instance,
  ports: z._default(z.array(port), []),
  host: z.optional(host),
  settings: z.optional(settings),
});

/** One guest described by values alone, with every default filled in. */
export interface RenderInput {
  readonly flavor: z.infer<typeof flavor>;
  readonly image: z.infer<typeof image>;
  readonly instance: z.infer<typeof instance>;
  readonly ports: readonly z.infer<typeof port>[];
  readonly host: z.infer<typeof host>;
  readonly firmware: z.infer<typeof firmware>;
  readonly settings: z.infer<typeof settings>;
  readonly sysinfo: z.infer<typeof sysinfo>;
}

/** `input` is one description or a list of them. Throws `RENDER_INPUT_INVALID`, which names the path. */
export function decodeRenderInput(input: unknown): readonly RenderInput[] {
  if (!Array.isArray(input)) return [decodeOne(input, '')];
  return input.map((item: unknown, index) => decodeOne(item, `[${index}]`));
}

function decodeOne(input: unknown, at: string): RenderInput {
  const result = z.safeParse(description, input);
  if (!result.success) throw invalid(result.error.issues[0], at);
  const { data } = result;
  const dataHost = data.host ?? z.parse(host, {});
  const dataSettings = data.settings ?? z.parse(settings, {});
  return {
    ...data,
    host: dataHost,
    firmware: dataHost.firmware ?? z.parse(firmware, {}),
    settings: dataSettings,
    sysinfo: dataSettings.sysinfo ?? z.parse(sysinfo, {}),
  };
}

function invalid(issue: z.core.$ZodIssue | undefined, at: string): Fault {
  const steps =
    issue?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)) ?? [];
  const path = `${at}${steps.join('')}`.replace(/^\./, '');
  const where = path === '' ? 'The description' : path;
  return new Fault('invalid', 'RENDER_INPUT_INVALID', `${where} ${problem(issue)}`, {
    hint: 'render.schema.json says what a description may hold.',
    details: { path },
  });
}

function problem(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'unrecognized_keys':
      return `has a key that is not known: ${issue.keys.join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing or not of type ${issue.expected}`
        : `is not of type ${issue.expected}`;
    case 'invalid_value':
      return `is not one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `is less than ${issue.minimum}`;
    case 'too_big':
      return `is more than ${issue.maximum}`;
    default:
      return `is not valid: ${issue?.message ?? 'unknown problem'}`;
  }
}
