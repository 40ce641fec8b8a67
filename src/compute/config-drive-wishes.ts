// Whether a guest gets a drive with its documents, and whose reader they are for. Pure. Rules: nova/virt/configdrive.py,
// required_by; novalet gives a drive unless it is told not to.
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
 * Throws `IMAGE_PROPERTY_INVALID`.
 */
export function configDriveWishes(
  request: Pick<LaunchRequest, 'configDrive' | 'datasource'>,
  { properties }: Pick<Image, 'properties'>,
  { forceConfigDrive }: { readonly forceConfigDrive: boolean },
): ConfigDriveWishes {
  const isRequired = forceConfigDrive || properties['img_config_drive'] === 'mandatory';
  const datasource = request.datasource ?? datasourceProperties(properties).datasource ?? 'config-drive';
  const isServed = isServiceDatasource(datasource);
  return {
    configDrive: isRequired || (request.configDrive ?? !isServed),
    datasource: isServed ? 'config-drive' : datasource,
  };
}
