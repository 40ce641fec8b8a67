// Shell that runs in the guest where the agent has no command for it. POSIX sh, also busybox's. Names come as positional
// parameters, content on standard input; nothing is pasted into a script. Each ends with a status that says what it found.

/** Statuses of the scripts below. */
export const STATUS = {
  ok: 0,
  userUnknown: 3,
  noHome: 4,
  unsafe: 5,
  changed: 7,
  failed: 8,
  noFile: 9,
} as const;

/** Finds the user's line in /etc/passwd or, where there is getent, in a directory service. */
const FIND_USER = `
entry=
while IFS= read -r line || [ -n "$line" ]; do
  if [ "\${line%%:*}" = "$user" ]; then entry=$line; break; fi
done 2>/dev/null </etc/passwd
if [ -z "$entry" ] && command -v getent >/dev/null; then entry=$(getent passwd "$user" 2>/dev/null); fi
[ -n "$entry" ] || exit ${STATUS.userUnknown}
`;

/** Parameter: a user's name. Ends with 0 or `userUnknown`. */
export const KNOWN_SCRIPT = `
user=$1
${FIND_USER}
`;

/**
 * Reads or replaces ~USER/.ssh/authorized_keys. Parameters: \`read\` or \`replace\`, user, and for \`replace\` what cksum
 * said of the file that the new one is made from, or \`none\`, and its sha256 for guests without cksum; the new one comes
 * on standard input. The home is the user's to change while we look, so links are refused, the file is opened before it
 * is checked, and the new one is made beside it and renamed.
 */
export const KEYS_SCRIPT = `
action=$1 user=$2 before=$3 digest=\${4:-not-given}
umask 077
${FIND_USER}
IFS=: read -r skip skip uid gid skip home skip <<novalet_end
$entry
novalet_end
case $home in /*) ;; *) exit ${STATUS.noHome} ;; esac
cd -P -- "$home" 2>/dev/null || exit ${STATUS.noHome}
home=$(pwd -P)
[ "$home" != / ] || home=
if [ ! -e .ssh ] && [ ! -L .ssh ]; then
  [ "$action" = replace ] || exit ${STATUS.noFile}
  mkdir .ssh && chown -h "$uid:$gid" .ssh || exit ${STATUS.failed}
fi
if [ -L .ssh ] || [ ! -d .ssh ]; then exit ${STATUS.unsafe}; fi
cd -P .ssh || exit ${STATUS.failed}
[ "$(pwd -P)" = "$home/.ssh" ] || exit ${STATUS.unsafe}
file=authorized_keys
if [ -e "$file" ] || [ -L "$file" ]; then
  if [ -L "$file" ] || [ ! -f "$file" ]; then exit ${STATUS.unsafe}; fi
  exec 3<"$file" || exit ${STATUS.failed}
  if [ -L "$file" ] || [ ! "$file" -ef /proc/self/fd/3 ]; then exit ${STATUS.unsafe}; fi
  set -f
  set -- $(ls -ldn "$file")
  [ "$2" = 1 ] || exit ${STATUS.unsafe}
  if [ "$action" = read ]; then head -c 262145 <&3; exit; fi
  if command -v cksum >/dev/null; then sum=$(cksum <&3)
  else
    sum=$(sha256sum <&3) || exit ${STATUS.failed}
    sum=\${sum%% *}
  fi
else
  [ "$action" = replace ] || exit ${STATUS.noFile}
  sum=none
fi
[ "\${sum% }" = "$before" ] || [ "$sum" = "$digest" ] || exit ${STATUS.changed}
fresh=.authorized_keys.novalet-$$
set -C
trap 'rm -f "$fresh"' EXIT
cat >"$fresh" || exit ${STATUS.failed}
chown -h "$uid:$gid" "$fresh" && mv -f "$fresh" "$file" || exit ${STATUS.failed}
if command -v restorecon >/dev/null; then restorecon . "$file" >/dev/null 2>&1 || exit ${STATUS.failed}; fi
exit 0
`;

/**
 * Makes a password expire, so that it has to be changed at the next login. Parameters: user, /etc/shadow. By chage, else
 * passwd, else by an edit of the file beside it and a rename (busybox has neither).
 */
export const EXPIRE_SCRIPT = `
user=$1 file=$2
if [ "$file" = /etc/shadow ]; then
  chage -d 0 "$user" >/dev/null 2>&1 </dev/null && exit 0
  passwd -e "$user" >/dev/null 2>&1 </dev/null && exit 0
fi
if [ -L "$file" ] || [ ! -f "$file" ]; then exit ${STATUS.unsafe}; fi
umask 077
fresh=$file.novalet-$$
trap 'rm -f "$fresh"' EXIT
cp -p "$file" "$fresh" || exit ${STATUS.failed}
found=
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    "$user":*)
      if [ -z "$found" ]; then
        found=1
        rest=\${line#*:}
        hash=\${rest%%:*}
        case $rest in *:*) rest=\${rest#*:} ;; *) rest= ;; esac
        case $rest in *:*) rest=\${rest#*:} ;; *) rest=::::: ;; esac
        line=$user:$hash:0:$rest
      fi ;;
  esac
  printf '%s\\n' "$line" || exit ${STATUS.failed}
done <"$file" >"$fresh"
[ -n "$found" ] || exit ${STATUS.userUnknown}
mv -f "$fresh" "$file" || exit ${STATUS.failed}
if command -v restorecon >/dev/null; then restorecon "$file" >/dev/null 2>&1 || exit ${STATUS.failed}; fi
exit 0
`;
