// The constant scripts around tar in the guest. A tree is unpacked into a private directory beside its place, and gets
// its name, or is linked into the directory that is there, when it is whole.
import { script } from './scripts.ts';

/**
 * Brings what is in a directory onto the disk: its file system where `sync` can, else all of them. An error of the disk
 * shows where the same works for another directory.
 */
const FLUSH = `
flush() {
  sync -f "$1" 2>/dev/null && return
  ! sync -f / 2>/dev/null || blocked "$1"
  sync
}
`;

/** Takes `ended` and `digest` from what tar's end and the digest's program said. */
const READ_ANSWER = `
set -f
for word in $answer; do
  case $word in
    ended=*) ended=\${word#ended=} ;;
    -) ;;
    *) digest=$word ;;
  esac
done
`;

/**
 * Makes a private directory and unpacks into it what comes on stdin, onto the disk. Parameters: its path, digest program ('' for none), tar's options. Answers: the
 * number of names, the digest of the stream ('' for none).
 */
export const UNPACK = script(`
${FLUSH}
need tar
stage=$1 sum=$2
shift 2
umask 077
parent "$stage"
mkdir -- "$stage" && mkdir -- "$stage/t" || blocked "$up"
unpack() {
  tar -x "$@" -C "$stage/t" -f - >&2
  ended=$?
  [ "$ended" != 0 ] || cat >/dev/null
  return "$ended"
}
digest= ended=1
if [ -n "$sum" ]; then
  answer=$({ { tee /proc/self/fd/3 | { unpack "$@"; echo "ended=$?" >&4; }; } 3>&1 | "$sum"; } 4>&1)
else
  unpack "$@"
  answer=ended=$?
fi
${READ_ANSWER}
[ "$ended" = 0 ] || blocked "$stage"
flush "$stage/t"
printf '%s\\0' "$(find "$stage/t" -print0 | tr -dc '\\000' | wc -c)" "$digest"
`);

/** Puts the unpacked tree in its place. Parameters: private directory, path, `new` or `tree`. */
export const SETTLE = script(`
if [ "$3" = new ]; then
  ! there "$2" || exit 42
  place "$1/t" "$2"
else
  cp -a -l -f -- "$1/t/." "$2/" || { [ -w "$2" ] || exit 41; blocked "$2"; }
fi
rm -rf -- "$1"
`);

/** Removes names that come on stdin, relative and ended by NUL. Parameter: directory. */
export const REMOVE_NAMES = script(`
cd -- "$1" || lost "$1/."
xargs -0 -r rm -rf -- || exit 41
`);

/**
 * Packs a directory, or the names that come on stdin. Parameters: directory, digest program ('' for none), `names` or
 * `all`, `posix` where tar reads names from a file, tar's options. The stream is stdout; the last of stderr is a NUL, tar's status
 * and the stream's digest.
 */
export const PACK = script(`
there "$1" || lost "$1"
[ -d "$1" ] || exit 46
cd -- "$1" 2>/dev/null || exit 41
need tar
sum=$2 what=$3 kind=$4
shift 4
pack() {
  case $what$kind in
    namesposix) tar -c "$@" --no-recursion --null -T - -f - ;;
    names) xargs -0 -r tar -c --no-recursion "$@" -f - ;;
    *) tar -c "$@" -f - . ;;
  esac
}
exec 5>&1
digest= ended=1
if [ -n "$sum" ]; then
  answer=$({ { pack "$@" 5>&-; echo "ended=$?" >&4; } | { { tee /proc/self/fd/3 >&5; } 3>&1 | "$sum"; }; } 4>&1)
else
  pack "$@"
  answer=ended=$?
fi
${READ_ANSWER}
printf '\\0%s %s\\n' "$ended" "$digest" >&2
`);

/**
 * What a file has beside its bytes. Parameters: path, `attributes` where tar can carry them and they are looked for.
 * Answers: what it is a link to, or itself; its size, blocks, and the size of a block; `attributes` or ''.
 */
export const TRAITS = script(`
there "$1" || lost "$1"
real=$1
if [ -L "$1" ]; then
  real=$(readlink -f -- "$1" && echo .) || exit 43
  real=\${real%??}
fi
parent "$real"
numbers=$(stat -L -c '%s %b %B' -- "$real") || exit 48
found=$2
if [ -n "$found" ]; then
  tar -c --format=posix --xattrs --xattrs-include='user.*' --acls --no-recursion -C "$up" -f - "./\${real##*/}" 2>/dev/null |
    head -c 4096 | grep -q -e 'SCHILY[.]xattr[.]user' -e 'SCHILY[.]acl' || found=
fi
printf '%s\\0%s\\0%s\\0' "$real" "$numbers" "$found"
`);

/**
 * Writes a new private file of which only some blocks of 64 KiB come. Parameter: path. On stdin a line with the number of
 * a block and how many follow, then those, again and again; at last `end` and the file's size.
 */
export const WRITE_BLOCKS = script(`
${FLUSH}
parent "$1"
umask 077
(set -C; : >"$1") 2>/dev/null || blocked "$up"
while read -r seek count; do
  if [ "$seek" = end ]; then
    dd of="$1" bs=1 count=0 seek="$count" 2>/dev/null || blocked "$up"
    flush "$up"
    exit 0
  fi
  dd of="$1" bs=65536 iflag=fullblock seek="$seek" count="$count" conv=notrunc 2>/dev/null || blocked "$up"
done
exit 43
`);

/** Gives a staged tree to its owner. Parameters: private directory, owner. */
export const OWN = script(`chown -h -R -- "$2" "$1/t" || exit 41`);
