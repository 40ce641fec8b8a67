// The constant scripts around tar in the guest. A tree is unpacked into a private directory beside its place, and gets
// its name, or is linked into the directory that is there, when it is whole.
import { script } from './scripts.ts';

/**
 * Makes a private directory and unpacks into it what comes on stdin. Parameters: its path, digest program ('' for none), tar's options. Answers: the
 * number of names, the digest of the stream ('' for none).
 */
export const UNPACK = script(`
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
set -f
for word in $answer; do
  case $word in
    ended=*) ended=\${word#ended=} ;;
    -) ;;
    *) digest=$word ;;
  esac
done
[ "$ended" = 0 ] || blocked "$stage"
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
set -f
for word in $answer; do
  case $word in
    ended=*) ended=\${word#ended=} ;;
    -) ;;
    *) digest=$word ;;
  esac
done
printf '\\0%s %s\\n' "$ended" "$digest" >&2
`);

/** Gives a staged tree to its owner. Parameters: private directory, owner. */
export const OWN = script(`chown -h -R -- "$2" "$1/t" || exit 41`);
