// The shell that looks at a file of the guest before and after the agent, or a program of the user's, handles it.
// Why something is not possible is said by the exit status: 3 nothing there, 4 not permitted, 5 no regular file or another
// reason, 6 no room, 7 something there already, 8 no program for it.

const FUNCTIONS = `
path=$1
# Below a directory that may not be entered, everything seems to be missing.
enterable() {
  rest=\${path#/} at=
  while case $rest in */*) true ;; *) false ;; esac; do
    at=$at/\${rest%%/*} rest=\${rest#*/}
    if [ -d "$at" ]; then [ -x "$at" ] || exit 4
    else exit 3; fi
  done
}
size_of() {
  stat -L -c %s -- "$path" 2>/dev/null || wc -c <"$path"
}
`;

/** Says whether a file can be read, and prints its size. Parameter: the path. */
export const LOOK_SCRIPT = `${FUNCTIONS}
enterable
[ -e "$path" ] || exit 3
[ -f "$path" ] || exit 5
[ -r "$path" ] || exit 4
size_of || exit 5
`;

/**
 * Makes a file ready to be written from `offset` on: there, with the mode when it is new, and of that size. Parameters:
 * path, mode in octal, how, offset. A new file belongs to nobody else's eyes from its first moment.
 */
export const PREPARE_SCRIPT = `${FUNCTIONS}
mode=$2 how=$3 offset=$4 folder=\${path%/*}/
enterable
create() {
  [ -d "$folder" ] || exit 3
  (umask 077; set -C; : >"$path") 2>/dev/null || return 1
  chmod -- "$mode" "$path" || exit 5
}
failed() {
  { [ -e "$path" ] || [ -L "$path" ]; } && exit 7
  [ -w "$folder" ] || exit 4
  full && exit 6
  exit 5
}
full() {
  { read -r skip; read -r skip skip skip free skip; } <<end_of_df
$(df -Pk "$folder" 2>/dev/null)
end_of_df
  [ -n "$free" ] && [ "$free" -lt 4 ]
}
if [ "$how" = new ]; then
  { [ -e "$path" ] || [ -L "$path" ]; } && exit 7
  create || failed
  exit 0
fi
if [ ! -e "$path" ]; then create || failed; fi
[ -f "$path" ] || exit 5
[ -w "$path" ] || exit 4
if [ "$how" = at ]; then dd if=/dev/null of="$path" bs=1 seek="$offset" count=0 2>/dev/null || exit 5
else : >"$path" || exit 5; fi
`;

/** After a write that failed: whether there is no room. Parameter: the path. Status 6, or 5. */
export const ROOM_SCRIPT = `
{ read -r skip; read -r skip skip skip free skip; } <<end_of_df
$(df -Pk "$1" 2>/dev/null)
end_of_df
if [ -n "$free" ] && [ "$free" -lt 256 ]; then exit 6; fi
{ read -r skip; read -r skip skip skip free skip; } <<end_of_df
$(df -Pi "$1" 2>/dev/null)
end_of_df
if [ "$free" = 0 ]; then exit 6; fi
exit 5
`;

/** Parameters: path, offset, count (empty for none). Waits for the disk where it was written, and prints the digest. */
export const DIGEST_SCRIPT = `
case $3 in written) sync "$1" 2>/dev/null || sync ;; esac
[ -n "$4" ] || exit 0
command -v sha256sum >/dev/null && command -v head >/dev/null || exit 8
if [ "$2" = 0 ]; then head -c "$4" <"$1"; else tail -c "+$(($2 + 1))" <"$1" | head -c "$4"; fi | sha256sum
`;

/** As a user: the file on standard output. Parameters: path, offset. */
export const READ_SCRIPT = 'if [ "$2" = 0 ]; then exec cat <"$1"; else exec tail -c "+$(($2 + 1))" <"$1"; fi';

/** As a user: standard input behind what the file holds. Parameter: the path. */
export const WRITE_SCRIPT = 'exec cat >>"$1"';
