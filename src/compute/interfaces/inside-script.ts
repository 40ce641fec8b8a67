// What runs in a guest to give a new card its addresses: by whatever looks after its network, or by plain programs where
// nothing does. For sh, also busybox's. Writes below /run alone, so that nothing outlives a reboot.
// Arguments: MAC, seconds for the card to appear, seconds for its addresses, a file for systemd-networkd, then words
// (dhcp4, dhcp6, address=A/P, route=NETWORK@GATEWAY, mtu=N), `--` and properties for NetworkManager.
// Says `name`, `by` and `address` lines; 3: no such card, 4: nothing that could do it, 5: it has not what it should have.
export const INSIDE_SCRIPT = `
mac=$1 appear=$2 wait=$3 file=$4
shift 4
words= addresses= asks=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    address=*) addresses="$addresses \${1#address=}" ;;
    dhcp4) asks=yes ;;
  esac
  words="$words $1"
  shift
done
[ $# -eq 0 ] || shift
find_card() {
  name=
  for link in /sys/class/net/*; do
    [ -e "$link/device" ] && read -r have <"$link/address" && [ "$have" = "$mac" ] && name=\${link##*/}
  done 2>/dev/null
  [ -n "$name" ]
}
has_all() {
  find_card && shown=$(ip -o addr show dev "$name" 2>/dev/null) || return 1
  for one in $addresses; do
    case $shown in *" \${one%/*}/"*) ;; *) return 1 ;; esac
  done
  [ -z "$asks" ] || ip -o -4 addr show dev "$name" scope global | grep -q inet
}
within() {
  left=$1
  shift
  until "$@"; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    sleep 1
  done
}
tell() {
  find_card && echo "name $name"
  echo "by $1"
  ip -o addr show dev "$name" 2>/dev/null | sed -n 's/.* inet6\\{0,1\\} \\([^ ]*\\) .*/address \\1/p'
}
command -v ip >/dev/null 2>&1 || exit 4
within "$appear" find_card || exit 3
command -v udevadm >/dev/null 2>&1 && udevadm settle --timeout=10 >/dev/null 2>&1
within 4 has_all && tell itself && exit 0
by_network_manager() {
  command -v nmcli >/dev/null 2>&1 && [ "$(nmcli -t -f RUNNING general 2>/dev/null)" = running ] || return 1
  case $(nmcli -g GENERAL.STATE device show "$name" 2>/dev/null) in '10 '*) return 1 ;; esac
  by=NetworkManager
  nmcli connection add save no type ethernet con-name "novalet-$name" ifname "$name" "$@" >/dev/null 2>&1
  nmcli --wait "$wait" connection up "novalet-$name" >/dev/null 2>&1
  true
}
by_networkd() {
  command -v networkctl >/dev/null 2>&1 || return 1
  # It may be about to start: a copy's does when the copy has become somebody else. This waits for that.
  case $(systemctl show -p Job systemd-networkd 2>/dev/null) in *[0-9]*) systemctl start systemd-networkd >/dev/null 2>&1 ;; esac
  systemctl is-active --quiet systemd-networkd 2>/dev/null || return 1
  by=systemd-networkd
  mkdir -p /run/systemd/network
  printf %s "$file" >"/run/systemd/network/05-novalet-$name.network"
  networkctl reload >/dev/null 2>&1 && networkctl reconfigure "$name" >/dev/null 2>&1
  true
}
by_ifupdown() {
  [ -n "$asks" ] && [ -z "$addresses" ] && command -v ifquery >/dev/null 2>&1 && ifquery "$name" >/dev/null 2>&1 || return 1
  by=ifupdown
  ifup "$name" >/dev/null 2>&1 </dev/null
  true
}
ask_dhcp() {
  if command -v dhclient >/dev/null 2>&1; then
    by=dhclient
    dhclient -nw -pf "/run/dhclient.$name.pid" -lf "/run/dhclient.$name.leases" "$name" >/dev/null 2>&1 </dev/null
  elif command -v udhcpc >/dev/null 2>&1; then
    by=udhcpc script=
    for one in /etc/udhcpc/default.script /usr/share/udhcpc/default.script; do [ -x "$one" ] && script=$one; done
    udhcpc \${script:+-s "$script"} -i "$name" -b -S -p "/run/udhcpc.$name.pid" >/dev/null 2>&1 </dev/null
  elif command -v dhcpcd >/dev/null 2>&1; then
    by=dhcpcd
    dhcpcd -b "$name" >/dev/null 2>&1 </dev/null
  else
    exit 4
  fi
}
by_hand() {
  by=ip
  for word in $words; do
    case $word in mtu=*) ip link set "$name" mtu "\${word#mtu=}" ;; esac
  done
  ip link set "$name" up
  for one in $addresses; do ip addr add "$one" dev "$name" 2>/dev/null; done
  [ -z "$asks" ] || ask_dhcp
  for word in $words; do
    case $word in
      route=*) word=\${word#route=} && ip route add "\${word%@*}" via "\${word#*@}" dev "$name" 2>/dev/null ;;
      dhcp6) command -v dhclient >/dev/null 2>&1 && dhclient -6 -nw -pf "/run/dhclient6.$name.pid" "$name" >/dev/null 2>&1 </dev/null ;;
    esac
  done
}
by_network_manager "$@" || by_networkd || by_ifupdown || by_hand
within "$wait" has_all
is_whole=$?
tell "$by"
[ "$is_whole" -eq 0 ] || exit 5
`;
