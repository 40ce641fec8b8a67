// Shell that runs in the guest: what makes it a template, and what makes a new instance of a copy of one. POSIX sh, also
// busybox's. Nothing is pasted into a script; what is new, and secret, comes on standard input. Each says on standard output,
// line by line, what became of its parts, and `end` when it came to its end.

/** Services that hold host keys, or an identity towards the network, in their memory. */
const HOLDERS = [
  'ssh.socket',
  'ssh.service',
  'sshd.socket',
  'sshd.service',
  'systemd-networkd.socket',
  'systemd-networkd-varlink.socket',
  'systemd-networkd.service',
  'NetworkManager.service',
  'dhcpcd.service',
].join(' ');

/** What was stopped, for the copies: in memory, so that a copy that boots knows nothing of it. */
const STOPPED_FILE = '/run/novalet-stopped';

/** Where a program may be put that runs: /run often is mounted noexec. Nobody but root writes there. */
export const RESEEDER_PLACES = ['/run', '/var/lib', '/root'] as const;

const BEGIN = `
LC_ALL=C
PATH=\${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
umask 022
part() { if [ "$2" = 0 ]; then echo "$1 done"; else echo "$1 failed"; fi; }
has_systemd=no
[ ! -d /run/systemd/system ] || ! command -v systemctl >/dev/null || has_systemd=yes
has_vmgenid() {
  for device in /sys/bus/acpi/drivers/vmgenid/* /sys/bus/platform/drivers/vmgenid/*; do
    if [ -L "$device" ] && [ "\${device##*/}" != module ]; then return 0; fi
  done
  return 1
}
reseeded() { # by the program that reseeder.ts put there
  for place in ${RESEEDER_PLACES.join(' ')}; do
    if "$place/novalet-reseed" reseed 2>/dev/null; then return 0; fi
  done
  return 1
}
keys_there() { for key in /etc/ssh/ssh_host_*_key; do [ -e "$key" ] && return 0; done; return 1; }
logs() { find /var/log ! -path '/var/log/journal/*' -type f 2>/dev/null; }
# A block that is let go of keeps what was in it, and the disk's file gives back none but whole clusters of them. A huge
# file is a sparse one, such as lastlog.
overwrite() {
  find "$@" -xdev -type f -size +0 -size -65536k -exec sh -c 'for file; do
    size=$(wc -c <"$file") && dd if=/dev/zero of="$file" bs=4096 count="$(((size + 4095) / 4096))" conv=notrunc
  done' sh {} + >/dev/null 2>&1
}
remove_keys() { rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /etc/ssh/ssh_host_*_key-cert.pub; }
remove_seeds() {
  rm -rf /var/lib/systemd/random-seed /var/lib/random-seed /var/lib/urandom/random-seed /var/lib/misc/random-seed \\
    /var/lib/seedrng /boot/loader/random-seed /boot/efi/loader/random-seed /efi/loader/random-seed
}
remove_leases() {
  rm -rf /var/lib/dhcp/*.lease /var/lib/dhcp/*.leases /var/lib/dhclient/*.lease /var/lib/dhclient/*.leases \\
    /var/lib/dhcpcd/* /etc/dhcpcd.duid /etc/dhcpcd.secret /run/systemd/netif/leases/* /var/lib/systemd/network/* \\
    /var/lib/NetworkManager/*.lease /var/lib/NetworkManager/secret_key /var/lib/NetworkManager/timestamps
}
`;

/**
 * Takes out of a guest what its copies must not share. No parameters. Ends with facts: `host-key TYPE` for each there was,
 * `has-systemd`, `has-cloud-init` and `has-vmgenid` with yes or no, `trimmed` with yes or no.
 */
export const PREPARE_SCRIPT = `${BEGIN}
if [ "$has_systemd" = yes ]; then
  for unit in ${HOLDERS}; do
    if systemctl is-active --quiet "$unit"; then set -- "$@" "$unit"; fi
  done
  [ "$#" = 0 ] || systemctl stop "$@" >/dev/null 2>&1
  status=$?
else
  status=0
  for name in ssh sshd dropbear; do
    if [ -x "/etc/init.d/$name" ] && "/etc/init.d/$name" status >/dev/null 2>&1; then
      "/etc/init.d/$name" stop >/dev/null 2>&1 || status=1
      set -- "$@" "$name"
    fi
  done
fi
echo "$*" >${STOPPED_FILE} || status=1
part services "$status"

overwrite /etc/ssh/ssh_host_* /etc/dropbear /var/lib/systemd/random-seed /var/lib/systemd/credential.secret \\
  /var/lib/cloud/instances /var/lib/cloud/data /var/lib/dhcp /var/lib/NetworkManager/*.lease /var/lib/NetworkManager/secret_key /var/crash /var/lib/systemd/coredump \\
  /root/.ssh/authorized_keys* /home/*/.ssh/authorized_keys* /root/.*_history /home/*/.*_history $(logs)
sync

for key in /etc/ssh/ssh_host_*_key; do
  [ -e "$key" ] || continue
  type=\${key#/etc/ssh/ssh_host_} type=\${type%_key}
  case $type in ed25519 | ecdsa | rsa) echo "host-key $type" ;; esac
done
remove_keys && rm -f /etc/dropbear/dropbear_*_host_key
part host-keys "$?"

status=0
if [ -e /etc/machine-id ]; then true >/etc/machine-id || status=1; fi
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id || status=1
part machine-id "$status"

remove_seeds && rm -f /var/lib/systemd/credential.secret
part random "$?"
remove_leases && rm -f /etc/udev/rules.d/70-persistent-net.rules
part leases "$?"

cloud_init=no
! command -v cloud-init >/dev/null || cloud_init=yes
rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data /var/lib/cloud/sem \\
  /run/cloud-init/instance-data*.json /run/cloud-init/combined-cloud-config.json /run/cloud-init/.instance-id \\
  /run/cloud-init/status.json /run/cloud-init/result.json /run/cloud-init/sem /etc/netplan/50-cloud-init.yaml \\
  /etc/systemd/network/10-cloud-init-* /run/systemd/network/10-netplan-* /etc/network/interfaces.d/50-cloud-init*
part cloud-init "$?"

status=0 seen=' '
while IFS=: read -r skip skip skip skip skip home skip || [ -n "$home" ]; do
  case $seen in *" $home "*) continue ;; esac
  seen="$seen$home "
  case $home in /?*) [ -d "$home" ] || continue ;; *) continue ;; esac
  rm -f "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2" "$home/.bash_history" "$home/.ash_history" \\
    "$home/.sh_history" "$home/.zsh_history" "$home/.python_history" "$home/.lesshst" "$home/.viminfo" || status=1
done </etc/passwd
part homes "$status"

status=0
if [ "$has_systemd" = yes ] && command -v journalctl >/dev/null; then
  journalctl --rotate >/dev/null 2>&1 || status=1
fi
overwrite /var/log/journal/*/*@* /run/log/journal/*/*@*
sync
rm -rf /var/log/journal/*/*@* /var/log/journal/*/*.journal~ /run/log/journal/*/*@* /var/crash/* \\
  /var/lib/systemd/coredump/* || status=1
if [ -d /var/log ]; then
  find /var/log ! -path '/var/log/journal/*' -type f \\( -name '*.[0-9]' -o -name '*.gz' -o -name '*.xz' -o -name '*.old' \\) \\
    -exec rm -f {} + || status=1
  find /var/log ! -path '/var/log/journal/*' -type f -exec sh -c 'for file; do true >"$file" || exit 1; done' sh {} + ||
    status=1
fi
part logs "$status"

status=0
echo localhost >/etc/hostname && echo localhost >/proc/sys/kernel/hostname || status=1
if [ -e /etc/hosts ]; then
  hosts=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in 127.0.1.1[!0-9]*) ;; *) hosts="$hosts$line
" ;; esac
  done </etc/hosts
  printf %s "$hosts" >/etc/hosts || status=1
fi
part hostname "$status"

sync
trimmed=no
if fstrim -a >/dev/null 2>&1 || fstrim / >/dev/null 2>&1; then trimmed=yes; fi
echo "trimmed $trimmed"
sync && echo 3 >/proc/sys/vm/drop_caches
part caches "$?"
echo "has-systemd $has_systemd"
echo "has-cloud-init $cloud_init"
if has_vmgenid; then echo 'has-vmgenid yes'; else echo 'has-vmgenid no'; fi
echo end
`;

/** RNDRESEEDCRNG of linux/random.h: the kernel's generator takes up at once what was written to it. */
const RESEED_PERL = "open(my $file, '<', '/dev/urandom') && ioctl($file, 0x5207, 0) or exit 1";
const RESEED_PYTHON = "import fcntl; fcntl.ioctl(open('/dev/urandom'), 0x5207)";

/**
 * Makes a new instance of a copy, as quickly as can be: every program that it starts costs some 15 ms where the processor is
 * emulated, so it starts only a handful. No parameters. Standard input: lines of a word and its value, `end` the last; a host key is
 * `key TYPE`, `public LINE`, `private LINE` …, `written`.
 */
export const RENEW_SCRIPT = `${BEGIN}
newline='
'
clock=1 hostname=1 machine=1 random=1 seed=1 keys=absent id= ended=
if [ -e ${STOPPED_FILE} ]; then
  read -r services <${STOPPED_FILE}
  was_prepared=yes
else
  was_prepared=no services=
  if [ "$has_systemd" = yes ]; then
    for unit in ${HOLDERS}; do
      case $unit in *.socket) continue ;; esac
      for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd; do
        if [ -d "$tree/system.slice/$unit" ]; then services="$services $unit"; fi
      done
    done
  fi
  remove_seeds
  remove_leases
fi
if keys_there; then
  keys=failed
  remove_keys
fi

while IFS=' ' read -r word value; do
  case $word in
    clock)
      if date -u -s "@$value" >/dev/null 2>&1 || date -u -s "@\${value%.*}" >/dev/null 2>&1; then clock=0; fi ;;
    hostname)
      short=\${value%%.*} full="$value "
      [ "$short" != "$value" ] || full=
      hosts="127.0.1.1 $full$short$newline"
      if [ -e /etc/hosts ]; then
        while IFS= read -r line || [ -n "$line" ]; do
          case $line in 127.0.1.1[!0-9]*) ;; *) hosts="$hosts$line$newline" ;; esac
        done </etc/hosts
      fi
      if echo "$short" >/proc/sys/kernel/hostname && echo "$short" >/etc/hostname && printf %s "$hosts" >/etc/hosts
      then hostname=0; fi ;;
    machine-id)
      id=$value machine=absent
      if [ -e /etc/machine-id ]; then
        if echo "$id" >/etc/machine-id; then machine=0; else machine=1; fi
      fi
      if [ -e /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then
        echo "$id" >/var/lib/dbus/machine-id || machine=1
      fi ;;
    random) if printf %s "$value" >/dev/urandom; then random=0; fi ;;
    seed)
      seed=0
      for file in /var/lib/systemd/random-seed /var/lib/urandom/random-seed; do
        [ -d "\${file%/*}" ] || continue
        umask 077
        printf %s "$value" >"$file" || seed=1
        umask 022
      done ;;
    key) file=/etc/ssh/ssh_host_\${value}_key private= ;;
    public) public=$value ;;
    private) private=$private$value$newline ;;
    written)
      if [ -d /etc/ssh ]; then
        umask 077
        { printf %s "$private" >"$file"; } && umask 022 && printf '%s\\n' "$public" >"$file.pub" || keys=broken
        umask 022
        [ "$keys" = broken ] || keys=done
      fi ;;
    end) ended=yes && break ;;
  esac
done 2>/dev/null
[ "$ended" = yes ] || exit 1
part clock "$clock"
part hostname "$hostname"
if [ "$machine" = absent ]; then echo 'machine-id absent'; else part machine-id "$machine"; fi
case $keys in done | absent) echo "host-keys $keys" ;; *) echo 'host-keys failed' ;; esac
[ "$seed" = 0 ] || random=1
part random "$random"
if has_vmgenid; then echo 'reseed vmgenid'
elif perl -e "${RESEED_PERL}" 2>/dev/null || python3 -c "${RESEED_PYTHON}" 2>/dev/null || reseeded; then echo 'reseed ioctl'
else echo 'reseed none'; fi

status=0
if [ -e /sys/fs/selinux/enforce ] && command -v restorecon >/dev/null; then
  restorecon /etc/ssh/ssh_host_* /etc/hostname /etc/hosts /etc/machine-id >/dev/null 2>&1 || status=1
fi
part labels "$status"

status=0
if [ "$machine" = 0 ]; then
  for folder in /var/log/journal/* /run/log/journal/*; do
    case $folder in */\\* | */"$id" | */"$id".*) ;; *) set -- "$@" "$folder" ;; esac
  done
fi
for place in ${RESEEDER_PLACES.join(' ')}; do
  if [ -e "$place/novalet-reseed" ]; then set -- "$@" "$place/novalet-reseed"; fi
done
rm -rf "$@" ${STOPPED_FILE} || status=1
part logs "$status"

status=0
if [ "$has_systemd" = yes ]; then
  if [ "$machine" = 0 ] && [ -d /run/systemd/journal ]; then services="systemd-journald.service $services"; fi
  [ -z "$services" ] || systemctl --no-block restart $services >/dev/null 2>&1 || status=1
elif [ "$was_prepared" = yes ]; then
  for name in $services; do "/etc/init.d/$name" start >/dev/null 2>&1 || status=1; done
else
  for file in /run/sshd.pid /var/run/sshd.pid; do
    if read -r pid <"$file"; then
      kill -HUP "$pid" || status=1
      break
    fi
  done 2>/dev/null
fi
part services "$status"
echo end
`;
