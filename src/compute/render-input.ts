// The input of `render`, decoded: shapes, defaults and messages. Field names and defaults are those of the published
// schema; unknown keys are refused where the schema refuses them, and left out elsewhere.
import {
  aBoolean,
  anExactObject,
  anInteger,
  anIntegerFrom,
  anObject,
  aString,
  aStringLike,
  Fault,
  listOf,
  mapOf,
  oneOf,
  optional,
  orElse,
  orNull,
  Place,
  type ShapeOf,
} from '../base/index.ts';
import { CONFIG_DRIVE_FORMATS } from '../model/index.ts';

const strings = mapOf(aString);
const count = anIntegerFrom(0);
const positive = anIntegerFrom(1);
const cpu = anIntegerFrom(0, 65535);

const flavor = anExactObject({
  name: aString,
  vcpus: anIntegerFrom(1, 65536),
  memory_mb: positive,
  root_gb: orElse(count, 0),
  ephemeral_gb: orElse(count, 0),
  swap: orElse(count, 0),
  extra_specs: orElse(strings, {}),
});

const image = anExactObject({
  id: optional(aString),
  disk_format: orElse(aString, 'qcow2'),
  container_format: orElse(aString, 'bare'),
  min_disk: orElse(count, 0),
  min_ram: orElse(count, 0),
  size: optional(count),
  properties: orElse(strings, {}),
});

const instance = anExactObject({
  uuid: aStringLike(/^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'is not a UUID'),
  name: orElse(aString, 'instance-00000001'),
  display_name: optional(aString),
  created_at: optional(
    aStringLike(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'is not a time as in 2026-01-31 23:59:59'),
  ),
  user_id: optional(aString),
  user_name: orElse(aString, 'N/A'),
  project_id: optional(aString),
  project_name: orElse(aString, 'N/A'),
  config_drive: orElse(aBoolean, false),
  os_type: orElse(orNull(aString), null),
  kernel: orElse(aBoolean, false),
  ramdisk: orElse(aBoolean, false),
  rescue: orElse(aBoolean, false),
  root_image_id: optional(aString),
});

const port = anExactObject({
  id: aString,
  mac: aString,
  bridge: aString,
  devname: aString,
  mtu: orElse(orNull(positive), null),
  fixed_ips: orElse(listOf(anObject({ address: aString })), []),
});

const cell = anObject({
  id: count,
  memory_mb: count,
  cpus: listOf(cpu),
  siblings: optional(listOf(listOf(cpu))),
  page_sizes_kb: optional(listOf(anObject({ size: orElse(positive, 4), total: orElse(count, 0) }))),
});

const firmware = anObject({
  loader: orElse(aString, '/usr/share/OVMF/OVMF_CODE.fd'),
  nvram_template: orElse(aString, '/usr/share/OVMF/OVMF_VARS.fd'),
  secure_loader: orElse(aString, '/usr/share/OVMF/OVMF_CODE.secboot.fd'),
  secure_nvram_template: orElse(aString, '/usr/share/OVMF/OVMF_VARS.ms.fd'),
});

const host = anExactObject({
  arch: orElse(aString, 'x86_64'),
  virt_type: orElse(oneOf('kvm', 'qemu'), 'kvm'),
  instances_path: orElse(aString, '/var/lib/nova/instances'),
  numa_cells: orElse(listOf(cell), []),
  max_queues: orElse(positive, 256),
  firmware: optional(firmware),
});

const sysinfo = anObject({
  manufacturer: orElse(aString, 'OpenStack Foundation'),
  product: orElse(aString, 'OpenStack Nova'),
  serial: orElse(oneOf('unique', 'none'), 'unique'),
});

const settings = anExactObject({
  profile: orElse(oneOf('zed', 'modern'), 'zed'),
  // No default here: left out, it depends on the architecture.
  cpu_mode: optional(oneOf('host-model', 'host-passthrough', 'maximum', 'custom', 'none')),
  cpu_models: orElse(listOf(aString), []),
  cpu_model_extra_flags: orElse(listOf(aString), []),
  disk_cache: orElse(oneOf('none', 'writeback', 'writethrough', 'directsync', 'unsafe'), 'none'),
  config_drive_format: orElse(oneOf(...CONFIG_DRIVE_FORMATS), 'iso9660'),
  vnc: orElse(orNull(anObject({ listen: orElse(aString, '127.0.0.1') })), { listen: '127.0.0.1' }),
  mem_stats_period_seconds: orElse(anInteger, 10),
  pointer_model: orElse(orNull(aString), 'usbtablet'),
  num_pcie_ports: orElse(anIntegerFrom(0, 28), 0),
  rx_queue_size: orElse(orNull(positive), null),
  tx_queue_size: orElse(orNull(positive), null),
  package_version: orElse(aString, '26.2.2'),
  sysinfo: optional(sysinfo),
});

const description = anExactObject({
  flavor,
  image,
  instance,
  ports: orElse(listOf(port), []),
  host: optional(host),
  settings: optional(settings),
});

/** One guest described by values alone, with every default filled in. */
export interface RenderInput {
  readonly flavor: ShapeOf<typeof flavor>;
  readonly image: ShapeOf<typeof image>;
  readonly instance: ShapeOf<typeof instance>;
  readonly ports: readonly ShapeOf<typeof port>[];
  readonly host: ShapeOf<typeof host>;
  readonly firmware: ShapeOf<typeof firmware>;
  readonly settings: ShapeOf<typeof settings>;
  readonly sysinfo: ShapeOf<typeof sysinfo>;
}

/** `input` is one description or a list of them. Throws `RENDER_INPUT_INVALID`, which names the path. */
export function decodeRenderInput(input: unknown): readonly RenderInput[] {
  const root = new Place('', invalid);
  if (!Array.isArray(input)) return [decodeOne(input, root)];
  return input.map((item: unknown, index) => decodeOne(item, root.item(index)));
}

function decodeOne(input: unknown, at: Place): RenderInput {
  const given = description(input, at);
  const givenHost = given.host ?? host({}, at);
  const givenSettings = given.settings ?? settings({}, at);
  return {
    ...given,
    host: givenHost,
    firmware: givenHost.firmware ?? firmware({}, at),
    settings: givenSettings,
    sysinfo: givenSettings.sysinfo ?? sysinfo({}, at),
  };
}

function invalid(path: string, problem: string): Fault {
  const where = path === '' ? 'The description' : path;
  return new Fault('invalid', 'RENDER_INPUT_INVALID', `${where} ${problem}`, {
    hint: 'docs/render.md says what a description may hold.',
    details: { path },
  });
}
