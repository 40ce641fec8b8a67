// docs/hardware-keys.md, made of the tables that flavors and images are read by.
import { join } from 'node:path';
import {
  EXTRA_SPEC_KEYS,
  type HardwareKey,
  IMAGE_PROPERTY_KEYS,
  type KeyStatus,
  LEGACY_PROPERTY_NAMES,
  NUMBERED_EXTRA_SPECS,
  NUMBERED_PROPERTIES,
  SCHEDULING_KEYS,
  type ValueForm,
} from '../../src/model/index.ts';

export const HARDWARE_KEYS_PAGE = join(import.meta.dirname, '..', '..', 'docs', 'hardware-keys.md');

export const EXTRA_SPECS_OF_THE_PAGE: readonly HardwareKey<unknown>[] = [
  ...EXTRA_SPEC_KEYS.values(),
  ...Object.values(NUMBERED_EXTRA_SPECS),
  ...Object.values(SCHEDULING_KEYS),
];

export const PROPERTIES_OF_THE_PAGE: readonly HardwareKey<unknown>[] = [
  ...IMAGE_PROPERTY_KEYS.values(),
  ...Object.values(NUMBERED_PROPERTIES),
];

const STATUSES: Readonly<Record<KeyStatus, string>> = {
  done: 'done',
  elsewhere: 'nothing here',
  refused: 'refused',
};

export function hardwareKeysPage(): string {
  return `# Keys of flavors and images

Every extra spec and image property that Nova knows: what it may be, and what becomes of it here. The tables are made of
the code by \`npm run golden\`, and a test holds them to it.

- **done**: carried out; the table says where it shows in the domain.
- **nothing here**: checked, and without effect on one host; the table says why.
- **refused**: \`EXTRA_SPEC_UNSUPPORTED\` or \`IMAGE_PROPERTY_UNSUPPORTED\`, since no single host has what it takes. A value that asks for nothing passes.

A value that is not allowed is refused under the key's name when the flavor is made (\`novalet flavor create --property\`)
and when the image gets the property (\`novalet image add\` and \`image set\`), and so are values that can never go together
(\`EXTRA_SPECS_CONFLICT\`, \`IMAGE_PROPERTIES_CONFLICT\`). An unknown key in a namespace of Nova's, and an unknown \`hw_*\`
property, is refused with the nearest known name. Other namespaces belong to others and pass.

How values are written: a **boolean** is one of \`1\`, \`t\`, \`true\`, \`on\`, \`y\`, \`yes\`, \`0\`, \`f\`, \`false\`, \`off\`, \`n\`, \`no\`,
in any case of letters; for a **flexible boolean** every other word is false, as Nova has it for images. A **CPU set** is like
\`0-3,^2\`; a **CPU mask** too, and \`^0-1\` is all of the guest's vCPUs but those. A **page size** is \`small\`, \`large\`, \`any\`, a
number of KiB, or \`2MB\`, \`1GiB\`. (master) marks what Zed does not have and a later Nova has: nobody gets it unasked, and it
is written as the later one does.

## Extra specs of flavors

${keyTable('extra spec', EXTRA_SPECS_OF_THE_PAGE)}

When a flavor is made, its quotas are also held to what libvirt takes: \`quota:cpu_shares\` 2 to 262144, \`quota:cpu_period\` 1000
to 1000000, \`quota:cpu_quota\` 1000 to 17592186044415, disk limits up to 10¹⁵; 0 asks for nothing, a quota below it for no limit. A disk has a
total or limits for reads and writes, not both.

\`{group}\` is up to 64 letters, digits, \`-\` and \`_\`, or nothing; \`{CLASS}\` a standard resource class or \`CUSTOM_…\`; \`N\` a guest cell
from 0 to 127.

## Image properties

${keyTable('property', PROPERTIES_OF_THE_PAGE)}

\`trait:HW_CPU_HYPERTHREADING=required\` of an image is another \`hw_cpu_thread_policy=require\`; its other traits choose a host. \`kernel_id\` and \`ramdisk_id\`: see [images.md](images.md#kernel-and-ramdisk).

### Older names

The current name wins where both are set. \`vmware_adaptertype\` is \`hw_disk_bus=ide\` where it is \`ide\`, and else
\`hw_disk_bus=scsi\` with itself as \`hw_scsi_model\`.

| older name | current name |
|---|---|
${[...LEGACY_PROPERTY_NAMES].map(([older, current]) => `| \`${older}\` | \`${current}\` |`).join('\n')}

### Older words

These values are read in any case of letters.

| property | older word | is read as |
|---|---|---|
${PROPERTIES_OF_THE_PAGE.flatMap(olderWords).join('\n')}
`;
}

function keyTable(title: string, keys: readonly HardwareKey<unknown>[]): string {
  const rows = keys.map((known) => {
    const cells = [`\`${known.key}\``, valuesOf(known), effectOf(known), STATUSES[known.status]];
    return `| ${cells.join(' | ')} |`;
  });
  return [`| ${title} | values | what comes of it | status |`, '|---|---|---|---|', ...rows].join('\n');
}

function valuesOf({ kind, foreign = [] }: HardwareKey<unknown>): string {
  const values = formWords(kind.form);
  return foreign.length === 0 ? values : `${values}; of Nova's also, refused here: ${quoted(foreign)}`;
}

function formWords(form: ValueForm): string {
  switch (form.kind) {
    case 'words':
      return quoted(form.words);
    case 'whole number':
      return numbers(form);
    case 'PCI aliases':
      return '`NAME:COUNT`, more of them after commas';
    case 'names':
      return 'names, with commas';
    default:
      return form.kind;
  }
}

function numbers({ least, most }: Extract<ValueForm, { kind: 'whole number' }>): string {
  if (most !== Number.MAX_SAFE_INTEGER) return `${least} to ${most}`;
  return least === Number.MIN_SAFE_INTEGER ? 'a whole number' : `${least} or more`;
}

function effectOf({ note, cure, status }: HardwareKey<unknown>): string {
  return status === 'refused' ? `${note}. ${cure}` : note;
}

function olderWords({ key, kind: { form } }: HardwareKey<unknown>): string[] {
  if (form.kind !== 'words') return [];
  return Object.entries(form.older).map(([older, word]) => `| \`${key}\` | \`${older}\` | \`${word}\` |`);
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}
