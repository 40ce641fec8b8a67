#!/bin/sh
# Runs $HARNESS under valgrind, with few and with many rounds: no error, nothing lost, and no more memory in use
# after many than after few (a leak that something still points to).
set -eu

# Prints the bytes in use at exit after $1 rounds; fails on any error that valgrind finds.
in_use_after() {
  log=$(mktemp)
  if ! "$VALGRIND" --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect \
    --errors-for-leak-kinds=definite,indirect --log-file="$log" "$HARNESS" "$1" >&2; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  sed -n 's/.*in use at exit: \([0-9,]*\) bytes.*/\1/p' "$log" | tr -d ,
  rm -f "$log"
}

few=$(in_use_after 10)
many=$(in_use_after 60)
# Less than what 50 of the smallest objects of libvirt take.
if [ "$many" -gt $((few + 4096)) ]; then
  echo "memory in use grows with the rounds: $few bytes after 10, $many after 60" >&2
  exit 1
fi
echo "native/core: nothing lost, $few bytes in use after 10 rounds and $many after 60"
