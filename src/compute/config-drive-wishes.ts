// Whether a guest gets a drive with its documents, and whose reader they are for. Pure. Rules: nova/virt/configdrive.py,
// required_by; novalet gives a drive unless it is told not to.
import { Fault } from '../base/index.ts';
import {
  type DriveDatasource,
  datasourceProperties,
  type Image,
  isServiceDatasource,
} from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';

export interface ConfigDriveWishes {
  readonly configDrive: boolean;
  readonly datasource: DriveDatasource;
}

/**
 * A guest that asks the metadata service has no drive, unless one is asked for or required: then it has both, as in Nova.
 * Throws `IMAGE_PROPERTY_INVALID`, and `INJECTED_FILE_UNSUPPORTED` for files that no drive would carry.
 */
export function configDriveWishes(
  request: Pick<LaunchRequest, 'configDrive' | 'datasource' | 'files'>,
  { properties }: Pick<Image, 'properties'>,
  { forceConfigDrive }: { readonly forceConfigDrive: boolean },
): ConfigDriveWishes {
  const isRequired = forceConfigDrive || properties['img_config_drive'] === 'mandatory';
  const datasource = request.datasource ?? datasourceProperties(properties).datasource ?? 'config-drive';
  const isServed = isServiceDatasource(datasource);
  const wishes: ConfigDriveWishes = {
    configDrive: isRequired || (request.configDrive ?? !isServed),
    datasource: isServed ? 'config-drive' : datasource,
  };
  if (request.files !== undefined && request.files.length > 0) checkCarriesFiles(wishes);
  return wishes;
}

/** cloud-init writes injected files where it finds them on a config drive, and nowhere else. */
function checkCarriesFiles({ configDrive, datasource }: ConfigDriveWishes): void {
  if (configDrive && datasource === 'config-drive') return;
  const why = configDrive ? 'a NoCloud drive has no place for them' : 'the guest gets no config drive';
  throw new Fault('unsupported', 'INJECTED_FILE_UNSUPPORTED', `Files are to be injected, and ${why}`, {
    hint: 'Use --write-file, which reaches every guest, or --datasource config-drive.',
  });
}
