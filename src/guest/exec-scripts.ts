// The shell that runs in the guest around a command, where guest-exec alone cannot do what was asked.
// POSIX sh with its own words only, as far as that goes: every further process costs a guest some 15 ms without KVM.
// Nothing is pasted into a script: names come as positional parameters, secrets and the nonce on standard input.

/**
 * A function that looks for a program as the shell itself would, by its path or along PATH, and sets `novalet_found`: `yes`,
 * `closed` for what may not be executed, or `missing`.
 */
export const SEEK_FUNCTION = `
novalet_seek() {
  novalet_found=missing
  case $1 in
    */*)
      if [ -f "$1" ] && [ -x "$1" ]; then novalet_found=yes
      elif [ -e "$1" ]; then novalet_found=closed; fi ;;
    *)
      novalet_path=\${PATH-/usr/bin:/bin}:
      while [ -n "$novalet_path" ] && [ "$novalet_found" != yes ]; do
        novalet_file=\${novalet_path%%:*}
        novalet_path=\${novalet_path#*:}
        novalet_file=\${novalet_file:-.}/$1
        if [ -f "$novalet_file" ]; then
          if [ -x "$novalet_file" ]; then novalet_found=yes; else novalet_found=closed; fi
        fi
      done ;;
  esac
}
`;

/**
 * Runs as whom the command shall run. Parameters: directory ('' keeps it), number of variables, bytes to capture per
 * stream ('' for no limit), `file` where the command's input is open as descriptor 9, then the command. Standard input: the nonce, one line per variable with `\\` and `\n`
 * escaped, then the command's own input. sh reads a pipe byte by byte, so none of the latter is lost.
 * What the script itself finds wrong is said on stderr behind the nonce, which the command never sees, with status 125.
 */
export const RUN_SCRIPT = `
IFS= read -r novalet_nonce || exit 125
novalet_fail() { printf '%s %s\\n' "$novalet_nonce" "$1" >&2; exit 125; }
${SEEK_FUNCTION}
novalet_cwd=$1 novalet_count=$2 novalet_limit=$3 novalet_input=$4
shift 4
while [ "$novalet_count" -gt 0 ]; do
  IFS= read -r novalet_line || novalet_fail input
  case $novalet_line in
    *\\\\*) novalet_line=$(printf '%b.' "$novalet_line"); novalet_line=\${novalet_line%.} ;;
  esac
  export "$novalet_line"
  novalet_count=$((novalet_count - 1))
done
if [ -n "$novalet_input" ]; then
  if { true <&9; } 2>/dev/null; then exec <&9 9<&-; else novalet_fail input; fi
fi
if [ -n "$novalet_cwd" ]; then cd -- "$novalet_cwd" 2>/dev/null || novalet_fail cwd; fi
novalet_seek "$1"
[ "$novalet_found" = yes ] || novalet_fail "$novalet_found"
[ -n "$novalet_limit" ] || exec "$@"
command -v head >/dev/null && command -v cat >/dev/null || novalet_fail limit
exec 3>&1 4>&2
novalet_status=$(
  {
    {
      { (exec "$@" 3>&- 4>&- 5>&- 6>&-); echo $? >&5; } 2>&6 | { head -c "$novalet_limit"; cat >/dev/null; } >&3
    } 6>&1 | { head -c "$novalet_limit"; cat >/dev/null; } >&4
  } 5>&1
)
exit "\${novalet_status:-125}"
`;

/**
 * Runs as root: becomes another user, then gives way to RUN_SCRIPT. Parameters: user name or number, RUN_SCRIPT, its
 * parameters. Standard input: the nonce on a line of its own, then what RUN_SCRIPT reads. setpriv is taken where it can
 * change users (busybox's cannot), then runuser, then su.
 */
export const USER_SCRIPT = `
IFS= read -r novalet_nonce || exit 125
novalet_fail() { printf '%s %s\\n' "$novalet_nonce" "$1" >&2; exit 125; }
novalet_user=$1 novalet_script=$2 novalet_entry=
shift 2
while IFS= read -r novalet_line || [ -n "$novalet_line" ]; do
  novalet_rest=\${novalet_line#*:*:}
  if [ "\${novalet_line%%:*}" = "$novalet_user" ] || [ "\${novalet_rest%%:*}" = "$novalet_user" ]; then
    novalet_entry=$novalet_line
    break
  fi
done 2>/dev/null </etc/passwd
if [ -z "$novalet_entry" ] && command -v getent >/dev/null; then
  novalet_entry=$(getent passwd "$novalet_user" 2>/dev/null)
fi
[ -n "$novalet_entry" ] || novalet_fail user
IFS=: read -r USER novalet_skip novalet_uid novalet_gid novalet_skip HOME SHELL <<novalet_end
$novalet_entry
novalet_end
[ -n "$SHELL" ] || SHELL=/bin/sh
LOGNAME=$USER
export USER LOGNAME HOME SHELL
novalet_self=
while read -r novalet_key novalet_value novalet_skip; do
  if [ "$novalet_key" = Uid: ]; then novalet_self=$novalet_value; break; fi
done </proc/self/status
[ "$novalet_self" != "$novalet_uid" ] || exec /bin/sh -c "$novalet_script" novalet-exec "$@"
[ "$novalet_self" = 0 ] || novalet_fail not-root
if setpriv --reuid="$novalet_uid" --regid="$novalet_gid" --init-groups true >/dev/null 2>&1 </dev/null; then
  exec setpriv --reuid="$novalet_uid" --regid="$novalet_gid" --init-groups /bin/sh -c "$novalet_script" novalet-exec "$@"
fi
for novalet_tool in runuser su; do
  command -v "$novalet_tool" >/dev/null || continue
  exec "$novalet_tool" -p -s /bin/sh -c "$novalet_script" -- "$USER" novalet-exec "$@"
done
novalet_fail no-tool
`;

/** Makes an empty file that only its owner can read, in memory where there is such a place. Parameter: a name. Prints the path. */
export const SPOOL_SCRIPT = `
umask 077
set -C
for place in /run /dev/shm /tmp; do
  if true >"$place/$1"; then echo "$place/$1"; exit 0; fi
done 2>/dev/null
exit 1
`;

/** Opens a file as descriptor 9, removes its name, and gives way. Parameters: the file, then words to execute. */
export const INPUT_SCRIPT = `
if [ -r "$1" ]; then
  exec 9<"$1"
  rm -f -- "$1"
fi
shift
exec "$@"
`;

/**
 * Kills the process tree below one process of the agent's. Parameter: the pid that guest-exec gave. A member is a
 * descendant, or of the session that the process leads, or holds the pipe that the agent captures (an unnamed one, so
 * that nobody but the tree can have it). All are stopped first, so that none can fork away, until a look
 * finds no new one. A process that is no child of our own parent is somebody else's by now (its pid was given anew).
 * What limits the capture is left to write out what it has read, and ends with its input. Prints how many were killed.
 */
export const KILL_SCRIPT = `
root=$1
look() {
  stat=
  while IFS= read -r line || [ -n "$line" ]; do stat="$stat $line"; done 2>/dev/null <"/proc/$1/stat" || return 1
  [ -n "$stat" ] || return 1
  set -f
  set -- \${stat##*) }
  set +f
  state=$1 parent=$2 session=$4
}
holds() {
  for fd in $pipes; do
    [ "/proc/$1/fd/1" -ef "/proc/$root/fd/$fd" ] && return 0
    [ "/proc/$1/fd/2" -ef "/proc/$root/fd/$fd" ] && return 0
  done 2>/dev/null
  return 1
}
if look "$root" && [ "$parent" != "$PPID" ]; then echo 0; exit 0; fi
tree=" $root " fresh=1 rounds=0 pipes=
kill -STOP "$root" 2>/dev/null
for fd in 1 2; do
  case $(readlink "/proc/$root/fd/$fd" 2>/dev/null) in pipe:*) pipes="$pipes $fd" ;; esac
done
while [ "$fresh" = 1 ] && [ "$rounds" -lt 30 ]; do
  fresh=0 rounds=$((rounds + 1))
  for entry in /proc/[0-9]*; do
    pid=\${entry#/proc/}
    case $tree in *" $pid "*) continue ;; esac
    [ "$pid" != "$$" ] && look "$pid" || continue
    [ "$state" != Z ] || continue
    if [ "$session" != "$root" ]; then
      case $tree in *" $parent "*) ;; *) holds "$pid" || continue ;; esac
    fi
    kill -STOP "$pid" 2>/dev/null
    tree="$tree$pid " fresh=1
  done
done
count=0 drains=' '
for pid in $tree; do
  if [ "$pid" != "$root" ] && read -r name <"/proc/$pid/comm" && [ "$name" = head ] && holds "$pid"; then
    drains="$drains$pid "
  fi
done 2>/dev/null
for pid in $tree; do
  case $drains in *" $pid "*) continue ;; esac
  if kill -KILL "$pid" 2>/dev/null; then count=$((count + 1)); fi
done
for pid in $drains; do
  kill -CONT "$pid" 2>/dev/null
  spins=0
  while [ "$spins" -lt 5000 ] && look "$pid" && [ "$state" != Z ]; do spins=$((spins + 1)); done
  kill -KILL "$pid" 2>/dev/null
done
echo "$count"
`;

/** Says by its status why a command could not be started: 127 not there, 126 there and not executable, 0 neither. */
export const PROBE_SCRIPT = `
found=127
case $1 in
  */*)
    if [ -f "$1" ] && [ -x "$1" ]; then found=0; elif [ -e "$1" ]; then found=126; fi ;;
  *)
    path=\${PATH-/usr/bin:/bin}:
    while [ -n "$path" ] && [ "$found" != 0 ]; do
      file=\${path%%:*}
      path=\${path#*:}
      file=\${file:-.}/$1
      if [ -f "$file" ]; then if [ -x "$file" ]; then found=0; else found=126; fi; fi
    done ;;
esac
exit "$found"
`;
