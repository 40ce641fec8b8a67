// The constant scripts that reach files in the guest. POSIX sh over what coreutils, findutils and busybox have in common.
// Nothing is pasted into them: names come as arguments, `=NAME` as it is, `%NAME` with octal escapes for what is no text.
// Names that come back are ended by NUL; failures are exit statuses (script-faults.ts).

/** Stands before every script: decodes the arguments, and says by its status why a path cannot be had. */
const PRELUDE = `
LC_ALL=C TZ=UTC0
export LC_ALL TZ
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  case $word in
    %*) word=$(printf '%b.' "\${word#%}"); word=\${word%.} ;;
    *) word=\${word#=} ;;
  esac
  set -- "$@" "$word"
  count=$((count - 1))
done
there() { [ -e "$1" ] || [ -L "$1" ]; }
need() { command -v "$1" >/dev/null || exit 48; }
lost() {
  at=$1
  while [ "$at" != / ]; do
    at=\${at%/*}
    [ -n "$at" ] || at=/
    if [ -d "$at" ]; then
      [ -x "$at" ] || exit 41
      exit 40
    fi
    ! there "$at" || exit 46
  done
  exit 40
}
blocked() {
  [ -d "$1" ] || { ! there "$1" || exit 46; lost "$1"; }
  [ -w "$1" ] && [ -x "$1" ] || exit 41
  try=$1/.novalet-try-$$
  (umask 077; set -C; : >"$try") 2>/dev/null || exit 43
  head -c 65536 /dev/zero >"$try" 2>/dev/null
  status=$?
  rm -f -- "$try"
  [ "$status" = 0 ] || exit 44
  exit 43
}
parent() { up=\${1%/*}; [ -n "$up" ] || up=/; }
place() {
  mv -T -f -- "$1" "$2" 2>/dev/null && return
  parent "$2"
  [ ! -d "$2" ] || exit 47
  mv -f -- "$1" "$2" || blocked "$up"
}
`;

export function script(text: string): string {
  return PRELUDE + text;
}

/** What the guest's programs can do, as words. */
export const PROBE = script(`
find / -maxdepth 0 -printf '' >/dev/null 2>&1 && printf 'printf\\0'
tar -c --format=posix --numeric-owner --sparse --no-recursion -C / -f - . >/dev/null 2>&1 && printf 'posix\\0'
tar -c --format=posix --xattrs --xattrs-include='user.*' --acls --no-recursion -C / -f - . >/dev/null 2>&1 && printf 'xattrs\\0'
b2sum </dev/null >/dev/null 2>&1 && printf 'b2sum\\0'
sha256sum </dev/null >/dev/null 2>&1 && printf 'sha256sum\\0'
exit 0
`);

/** Where relative paths begin. */
export const HOME = script(`printf "%s\\0" "\${HOME:-/}" "$(id -u)"`);

/** Parameters: path, least and most depth ('' for no limit), -H, -L or -P. Records by find itself. */
export const LIST_PRINTF = script(`
there "$1" || lost "$1"
if [ "$2" != 0 ] && [ -d "$1" ]; then [ -r "$1" ] && [ -x "$1" ] || exit 41; fi
path=$1 least=$2 most=$3 links=$4
[ "$least" = 0 ] || [ -d "$path" ] || exit 46
set --
[ -z "$most" ] || set -- -maxdepth "$most"
find "$links" "$path" -mindepth "$least" "$@" -printf '%y\\0%s\\0%m\\0%U\\0%G\\0%u\\0%g\\0%T@\\0%P\\0%l\\0' || exit 41
`);

/**
 * The same without -printf, in batches: the number of names, the names, one stat line for each that is still there, the
 * targets of links. A name is told from the line around it because it is known by then.
 */
export const LIST_STAT = script(`
there "$1" || lost "$1"
need find; need xargs; need stat
if [ "$2" != 0 ] && [ -d "$1" ]; then [ -r "$1" ] && [ -x "$1" ] || exit 41; fi
[ "$2" = 0 ] || [ -d "$1" ] || exit 46
case $2$4 in
  0-L) set -- "$1" 0 0 -H -L ;;
  0*) set -- "$1" 0 0 -P ;;
esac
path=$1 least=$2 most=$3 links=$4 follow=$5
[ "$links" != -P ] || links=
set --
[ -z "$most" ] || set -- -maxdepth "$most"
exec 4>&1
status=$({ { find $links "$path" -mindepth "$least" "$@" -print0 4>&-; echo "$?" >&3; } |
  xargs -0 -r -n 500 sh -c '
    follow=$1
    shift
    printf "%s\\0" "$#" "$@"
    stat $follow -c "%f %s %u %g %y/%U/%G/%n" -- "$@" 2>/dev/null
    printf "\\0"
    for name do
      if [ -L "$name" ]; then readlink -n -- "$name"; fi
      printf "\\0"
    done
    exit 0' novalet-list "$follow" >&4; } 3>&1)
[ "$status" = 0 ] || exit 41
`);

/** Parameters: pattern, most results. Pathname expansion is all that becomes of the pattern; a name that is there is taken as it is. */
export const GLOB = script(`
pattern=$1 most=$2
if there "$pattern"; then printf '%s\\0' "$pattern"; exit 0; fi
IFS=
set -- $pattern
[ "$#" -le "$most" ] || exit 49
for name do
  if there "$name"; then printf '%s\\0' "$name"; fi
done
`);

/** Parameters: path, mode ('' keeps umask), `parents` or ''. */
export const MAKE_DIRECTORY = script(`
if there "$1"; then
  if [ "$3" = parents ] && [ -d "$1" ]; then exit 0; fi
  exit 42
fi
path=$1 mode=$2 parents=$3
set --
[ -z "$parents" ] || set -- -p
[ -z "$mode" ] || set -- "$@" -m "$mode"
mkdir "$@" -- "$path" && exit 0
if [ -n "$parents" ]; then
  at=$path
  until [ -d "$at" ] || [ "$at" = / ]; do parent "$at"; at=$up; done
  blocked "$at"
fi
parent "$path"
blocked "$up"
`);

/** Parameters: path, `recursive` or '', `force` or ''. */
export const REMOVE = script(`
if ! there "$1"; then
  [ -z "$3" ] || exit 0
  lost "$1"
fi
[ ! "$1" -ef / ] || exit 43
if [ "$2" = recursive ]; then
  rm -rf -- "$1"
else
  if [ -d "$1" ] && [ ! -L "$1" ]; then exit 47; fi
  rm -f -- "$1"
fi
there "$1" || exit 0
parent "$1"
[ -w "$up" ] && [ -x "$up" ] || exit 41
[ ! -d "$1" ] || [ -L "$1" ] || [ -w "$1" ] || exit 41
exit 43
`);

/** Parameters: from, to, `replace` or ''. */
export const RENAME = script(`
there "$1" || lost "$1"
if [ "$3" != replace ] && there "$2"; then exit 42; fi
parent "$2"
[ -d "$up" ] || blocked "$up"
place "$1" "$2"
`);

/** Parameters: target, path. */
export const SYMLINK = script(`
! there "$2" || exit 42
parent "$2"
[ -d "$up" ] || blocked "$up"
ln -s -- "$1" "$2" || blocked "$up"
`);

/** Parameters: mode ('' keeps), owner ('' keeps), path. */
export const CHANGE = script(`
there "$3" || lost "$3"
if [ -n "$2" ]; then chown -h -- "$2" "$3" || exit 41; fi
if [ -n "$1" ]; then chmod -- "$1" "$3" || exit 41; fi
exit 0
`);

/**
 * Finds out what a copy to a path means. Parameters: path, the source's name ('' when it has none), `directory` where the
 * path says so, a name for what is temporary ('' for files). Answers: the path that it will be, `new`, `file` or `tree`, and mode, uid and gid of what is there.
 */
export const TARGET = script(`
path=$1
if [ -d "$path" ]; then
  [ "$4" != content ] || { parent "$path"; printf '%s\\0tree\\0\\0\\0\\0' "$path"; exit 0; }
  [ -n "$2" ] || exit 47
  path=\${path%/}/$2
elif [ "$3" = directory ] && [ -z "$4" ]; then
  ! there "$path" || exit 46
  lost "$path"
fi
if [ -L "$path" ]; then
  real=$(readlink -f -- "$path" && echo .) || exit 43
  path=\${real%??}
fi
if [ -d "$path" ]; then
  [ -n "$4" ] || exit 47
  printf '%s\\0tree\\0\\0\\0\\0' "$path"
elif there "$path"; then
  [ -z "$4" ] || exit 46
  [ -f "$path" ] || exit 43
  set -- $(stat -c '%a %u %g' -- "$path")
  printf '%s\\0' "$path" file "$1" "$2" "$3"
else
  parent "$path"
  [ -d "$up" ] || blocked "$up"
  printf '%s\\0new\\0\\0\\0\\0' "$path"
fi
`);

/** What tells one version of a file from another. Parameter: path. */
export const IDENTITY = script(`
there "$1" || lost "$1"
stat -L -c '%i %s %y %z' -- "$1" || exit 48
`);

/**
 * Puts a finished file in its place. Parameters: temporary, path, mode, owner ('' keeps), time (seconds.nanoseconds or
 * ''), identity that the path must still have ('' for any), `new` where there must be nothing.
 */
export const FINISH = script(`
there "$1" || lost "$1"
if [ -n "$4" ]; then chown -- "$4" "$1" || exit 41; fi
chmod -- "$3" "$1" || exit 41
if [ -n "$5" ]; then touch -d "@$5" -- "$1" 2>/dev/null || touch -d "@\${5%.*}" -- "$1" || exit 43; fi
if [ -n "$6" ]; then
  [ "$(stat -L -c '%i %s %y %z' -- "$2" 2>/dev/null)" = "$6" ] || exit 45
fi
if [ "$7" = new ]; then
  ! there "$2" || exit 42
  ln -- "$1" "$2" || { ! there "$2" || exit 42; parent "$2"; blocked "$up"; }
  rm -f -- "$1"
  exit 0
fi
place "$1" "$2"
`);

/** Removes files of ours, and no complaint. Parameters: paths. */
export const SWEEP = script('rm -rf -- "$@"');

/** Removes unfinished parts that other versions of the source left. Parameters: directory, beginning of the names. */
export const SWEEP_PARTS = script('for name in "$1/$2"*; do rm -f -- "$name"; done');

/** Whether there is no room at a path's directory, or something else. Never ends with 0. Parameter: directory. */
export const WHY = script('blocked "$1"');

/** The digest of a file's first bytes. Parameters: program, path, number of bytes ('' for all). */
export const DIGEST = script(`
[ -f "$2" ] || { ! there "$2" || exit 43; lost "$2"; }
[ -r "$2" ] || exit 41
if [ -n "$3" ]; then head -c "$3" <"$2" | "$1"; else "$1" <"$2"; fi
`);

/** Digests of files whose names come on stdin, relative and ended by NUL. Parameters: directory, program. */
export const DIGESTS = script(`
cd -- "$1" 2>/dev/null || lost "$1/."
xargs -0 -r "$2" --
`);

/** Reads a file where the road cannot name it. Parameters: path, offset. */
export const READ = script(`
[ -f "$1" ] || { ! there "$1" || exit 43; lost "$1"; }
[ -r "$1" ] || exit 41
tail -c "+$(($2 + 1))" <"$1"
`);

/** Writes a file where the road cannot name it. Parameters: path, mode, `new` or `at`. */
export const WRITE = script(`
parent "$1"
umask 077
if [ "$3" = new ]; then (set -C; : >"$1") 2>/dev/null || blocked "$up"; fi
chmod -- "$2" "$1" || exit 41
cat >>"$1" || blocked "$up"
sync "$1" 2>/dev/null || sync
`);

/** Follows a file by its name. Parameters: path, -n or -c, how many, -F or ''. */
export const TAIL = script(`
there "$1" || lost "$1"
[ ! -d "$1" ] || exit 47
[ -r "$1" ] || exit 41
need tail
if [ -n "$4" ]; then exec tail "$2" "$3" -F -- "$1"; fi
exec tail "$2" "$3" -- "$1"
`);
