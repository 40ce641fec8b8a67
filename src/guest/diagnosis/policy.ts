// Where distributions keep the list of what their agents may not do.

const RED_HAT: ReadonlySet<string> = new Set([
  'rhel',
  'centos',
  'fedora',
  'rocky',
  'almalinux',
  'ol',
  'rhcos',
  'amzn',
  'scos',
]);

/** How to unblock commands; `osId` is guest-get-osinfo's `id`, or os-release's. */
export function policyCures(osId: string | null, blocked: readonly string[]): string[] {
  const names = blocked.filter((name) => /^[a-z][a-z0-9-]{0,60}$/.test(name)).join(',');
  const restart = 'then systemctl restart qemu-guest-agent';
  if (osId !== null && RED_HAT.has(osId)) {
    return [
      `In the guest, /etc/sysconfig/qemu-ga: add ${names} to --allow-rpcs in FILTER_RPC_ARGS, or, in older releases, take them out of BLOCK_RPCS or BLACKLIST_RPC; ${restart}.`,
    ];
  }
  if (osId?.startsWith('opensuse') === true || osId === 'sles' || osId === 'sle-micro') {
    return [
      `In the guest, copy /usr/etc/sysconfig/qemu-ga to /etc/sysconfig/qemu-ga and take ${names} out of --block-rpcs; ${restart}.`,
    ];
  }
  if (osId === 'mswindows') {
    return [
      `In the guest, take ${names} out of the block list of the service: sc.exe qc QEMU-GA shows its command line, or the file that its -c names; then restart the service QEMU-GA.`,
    ];
  }
  return [
    `In the guest, find who says --block-rpcs (-b) or --allow-rpcs (-a): systemctl cat qemu-guest-agent; /etc/default/qemu-guest-agent; /etc/qemu/qemu-ga.conf; take ${names} out; ${restart}.`,
  ];
}
