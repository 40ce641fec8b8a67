// Files of user data for tests.
import type { UserDataFile } from '../../../../src/metadata/index.ts';

export function file(name: string, content: string | Uint8Array): UserDataFile {
  return { name, bytes: Buffer.from(content) };
}

/** One of each form, each of them right. */
export const SAMPLES: readonly (readonly [mark: string, contentType: string, text: string])[] = [
  ['#cloud-config', 'text/cloud-config', '#cloud-config\npackages: [nginx]\n'],
  ['#!', 'text/x-shellscript', '#!/bin/sh\necho hello\n'],
  ['#cloud-boothook', 'text/cloud-boothook', '#cloud-boothook\n#!/bin/sh\ntrue\n'],
  ['#include', 'text/x-include-url', '#include\nhttps://example.com/user-data\n'],
  ['#include-once', 'text/x-include-once-url', '#include-once https://example.com/once\n'],
  ['#upstart-job', 'text/upstart-job', '#upstart-job\nstart on stopped rc\n'],
  ['#part-handler', 'text/part-handler', '#part-handler\ndef list_types():\n  return ["text/x-own"]\n'],
  ['#cloud-config-archive', 'text/cloud-config-archive', '#cloud-config-archive\n- content: "#!/bin/sh"\n'],
  [
    '#cloud-config-jsonp',
    'text/cloud-config-jsonp',
    '#cloud-config-jsonp\n[{"op": "remove", "path": "/a"}]\n',
  ],
  ['## template: jinja', 'text/jinja2', '## template: jinja\n#cloud-config\nhostname: {{ v1.region }}\n'],
  ['#ps1', 'text/x-shellscript', '#ps1\nGet-Date\n'],
  ['#ps1_sysnative', 'text/x-shellscript', '#ps1_sysnative\r\nGet-Date\r\n'],
  ['#ps1_x86', 'text/x-shellscript', '#ps1_x86\nGet-Date\n'],
  ['rem cmd', 'text/x-shellscript', 'rem cmd\r\ndir\r\n'],
  ['<script>', 'text/x-shellscript', '<script>dir</script>\n'],
  ['<powershell>', 'text/x-shellscript', '<powershell>\nGet-Date\n</powershell>\n'],
];

export const WINDOWS_MARKS: readonly string[] = [
  '#ps1',
  '#ps1_sysnative',
  '#ps1_x86',
  'rem cmd',
  '<script>',
  '<powershell>',
];
