// Whether a guest gets a drive with its documents, and whose reader they are for. Pure. Rules: nova/virt/configdrive.py,
// required_by; novalet gives a drive unless it is told not to.
import { type Datasource, datasourceProperties, type Image } from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';

export interface ConfigDriveWishes {
  readonly configDrive: boolean;
  readonly datasource: Datasource;
}

/** Throws `IMAGE_PROPERTY_INVALID`. */
export function configDriveWishes(
  request: Pick<LaunchRequest, 'configDrive' | 'datasource'>,
  { properties }: Pick<Image, 'properties'>,
  { forceConfigDrive }: { readonly forceConfigDrive: boolean },
): ConfigDriveWishes {
  const isRequired = forceConfigDrive || properties['img_config_drive'] === 'mandatory';
  const { datasource } = datasourceProperties(properties);
  return {
    configDrive: isRequired || (request.configDrive ?? true),
    datasource: request.datasource ?? datasource ?? 'config-drive',
  };
}
