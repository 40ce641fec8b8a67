// Instances of several kinds, for the tests that look at all that guests may read.
import { Secret } from '../../../src/base/index.ts';
import { composeUserData, type MetadataInput, parsePublicKey } from '../../../src/metadata/index.ts';
import {
  addressedInput,
  ED25519_KEY,
  fullInput,
  INTERFACES_TEMPLATE,
  linkedInput,
  PASSWORD,
  plainInput,
} from './sample.ts';
import { file } from './user-data/sample-files.ts';

export const INSTANCES: Readonly<Record<string, MetadataInput>> = {
  least: plainInput({ nics: [], disks: [] }),
  'one-card': plainInput(),
  addresses: addressedInput(),
  links: linkedInput(),
  everything: { ...fullInput(), interfacesTemplate: INTERFACES_TEMPLATE },
  files: withFiles(),
  windows: plainInput({
    adminPassword: new Secret(PASSWORD),
    meta: { admin_user: 'Admin', admin_pass: PASSWORD },
    keys: [parsePublicKey('laptop', ED25519_KEY)],
    userData: composeUserData([file('setup.ps1', '#ps1_sysnative\r\nGet-Date\r\n')], true).data,
  }),
};

/** Two files of user data, vendor data, and as many injected files as there may be. */
function withFiles(): MetadataInput {
  const given = [file('a.yaml', '#cloud-config\ntimezone: UTC\n'), file('b.sh', '#!/bin/sh\necho grüße\n')];
  return plainInput({
    keys: [parsePublicKey('laptop', ED25519_KEY)],
    userData: composeUserData(given, true).data,
    vendorData: { 'cloud-init': '#cloud-config\ntimezone: Europe/Berlin\n' },
    files: ['/etc/motd', '/etc/issue', '/srv/bytes', '/srv/empty', '/srv/same'].map((path, at) => ({
      path,
      content: Buffer.from(['hello\n', 'Debian\n', '\u0000\ufffd', '', 'hello\n'][at] ?? ''),
    })),
  });
}
