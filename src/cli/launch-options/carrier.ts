// How the guest comes to its documents: on a drive, or from the metadata service.
import { type Command, Option } from 'commander';
import type { LaunchRequest } from '../../compute/index.ts';
import {
  DATASOURCES,
  type Datasource,
  isServiceDatasource,
  SEED_PLACES,
  type SeedPlace,
} from '../../model/index.ts';
import { defined } from '../defined.ts';
import { invalid } from '../values.ts';

export interface CarrierOptions {
  readonly configDrive?: boolean;
  readonly datasource?: Datasource;
  readonly seedFrom?: SeedPlace;
  readonly cloudConfigUrl?: string;
}

export function addCarrierOptions(command: Command): void {
  command
    .option('--config-drive', 'attach a config drive (the default, but where the service is asked)')
    .option('--no-config-drive', 'attach no config drive')
    .addOption(
      new Option(
        '--datasource <datasource>',
        "what the drive is, or as what the guest asks the metadata service (default: the image's, or config-drive)",
      ).choices(DATASOURCES),
    )
    .addOption(
      new Option(
        '--seed-from <place>',
        "where a nocloud-net guest is told the service's address (default: kernel where the image has one beside it, else smbios)",
      ).choices(SEED_PLACES),
    )
    .option(
      '--cloud-config-url <url>',
      'cloud-config-url on the command line of the kernel beside the image',
    );
}

/** Throws `OPTION_INVALID`. */
export function readCarrierOptions(
  options: CarrierOptions,
): Pick<LaunchRequest, 'configDrive' | 'datasource' | 'seedFrom' | 'cloudConfigUrl'> {
  const { configDrive, datasource, seedFrom, cloudConfigUrl } = options;
  if (configDrive === false && datasource !== undefined && !isServiceDatasource(datasource)) {
    throw invalid(
      `--datasource ${datasource} says what is on a drive, and --no-config-drive wants none`,
      'Leave one of them out.',
    );
  }
  return defined({ configDrive, datasource, seedFrom, cloudConfigUrl });
}
