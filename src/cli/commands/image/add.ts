// novalet image add SOURCE
import { Option } from 'commander';
import { GIB, MIB } from '../../../base/index.ts';
import { DISK_FORMATS } from '../../../model/index.ts';
import { defined } from '../../defined.ts';
import { imageDocument } from '../../documents.ts';
import type { Define } from '../../registry.ts';
import { collectPairs, quantity } from '../../values.ts';

interface AddOptions {
  readonly name?: string;
  readonly checksum?: string;
  readonly diskFormat?: string;
  readonly minDisk?: number;
  readonly minRam?: number;
  readonly property?: Record<string, string>;
}

export const addImage: Define = (command, session) => {
  command
    .argument('<file>', 'path or http(s) URL; may be compressed with gzip, xz or zstd')
    .option('--name <name>', "name of the image (default: the file's)")
    .option(
      '--checksum <checksum>',
      'sha256:HEX, sha512:HEX, or the URL of a checksum file; of the source as it is fetched',
    )
    .addOption(
      new Option('--disk-format <format>', 'what it is (default: by its content)').choices(DISK_FORMATS),
    )
    .addOption(
      new Option('--min-disk <GiB>', 'smallest root disk for it').argParser(quantity('--min-disk', GIB)),
    )
    .addOption(new Option('--min-ram <MiB>', 'smallest memory for it').argParser(quantity('--min-ram', MIB)))
    .option(
      '--property <key=value>',
      'image property; may be given several times',
      collectPairs('--property'),
    )
    .action(async (source: string, options: AddOptions) => {
      const {
        name,
        checksum,
        diskFormat,
        minDisk: minDiskGiB,
        minRam: minRamMiB,
        property: properties,
      } = options;
      const request = {
        source,
        ...defined({ name, checksum, diskFormat, minDiskGiB, minRamMiB, properties }),
      };
      const image = await session.act((compute, act) => compute.images.add(request, act));
      await session.print(imageDocument(image));
    });
};
