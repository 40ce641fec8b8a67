// The top-level keys of a cloud-config, with the sort of value that each takes.
// Taken from cloud-init's published schema, cloudinit/config/schemas/schema-cloud-config-v1.json (dual licensed GPLv3 and
// Apache-2.0, used under the latter): names and types only, of every release from 22.1 to 26.2, since guests are of any age.
// set_hostname and set_timezone are cloudbase-init's own.

export type ValueSort = 'list' | 'map' | 'scalar';

interface Group {
  /** What a value may be; anything where nothing is listed. */
  readonly sorts: readonly ValueSort[];
  readonly keys: string;
}

const GROUPS: readonly Group[] = [
  {
    sorts: ['list'],
    keys: `bootcmd cloud_config_modules cloud_final_modules cloud_init_modules fs_setup
      mount_default_fields mounts packages runcmd ssh_authorized_keys ssh_fp_console_blacklist
      ssh_genkeytypes ssh_import_id ssh_key_console_blacklist write_files`,
  },
  {
    sorts: ['list', 'map', 'scalar'],
    keys: `groups users`,
  },
  {
    sorts: ['list', 'scalar'],
    keys: `merge_how merge_type`,
  },
  {
    sorts: ['map'],
    keys: `ansible apk_repos apt autoinstall ca-certs ca_certs chef chpasswd debug device_aliases
      disk_setup drivers fan growpart grub-dpkg grub_dpkg keyboard landscape lxd mcollective ntp
      output phone_home power_state puppet random_seed reporting resolv_conf rh_subscription rpi
      rsyslog salt_minion snap spacewalk ssh ssh_keys ssh_publish_hostkeys swap system_info
      ubuntu_advantage ubuntu_pro updates vendor_data wireguard yum_repos zypper`,
  },
  {
    sorts: ['map', 'scalar'],
    keys: `user`,
  },
  {
    sorts: ['scalar'],
    keys: `allow_public_ssh_keys apt_pipelining apt_reboot_if_required apt_update apt_upgrade authkey_hash
      byobu_by_default create_hostname_file disable_ec2_metadata disable_root disable_root_opts
      final_message fqdn hostname launch-index locale locale_configfile manage_etc_hosts
      manage_resolv_conf migrate no_ssh_fingerprints package_reboot_if_required package_update
      package_upgrade password prefer_fqdn_over_hostname preserve_hostname resize_rootfs set_hostname
      set_timezone ssh_deletekeys ssh_pwauth ssh_quiet_keygen timezone yum_repo_dir`,
  },
  {
    sorts: [],
    keys: `version`,
  },
];

/** Key → what its value may be. */
export const CLOUD_CONFIG_KEYS: ReadonlyMap<string, readonly ValueSort[]> = new Map(
  GROUPS.flatMap(({ sorts, keys }) => keys.split(/\s+/).map((key) => [key, sorts] as const)),
);
