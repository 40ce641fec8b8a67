# shellcheck shell=bash
# Sourced by the scripts: named stages with the time since the start, on standard error, and an end that names the stage that failed.
# Knows nothing of what the stages do.

stages_began=${EPOCHREALTIME/[.,]/}
stage_name=start

stage_elapsed() { # seconds with one decimal
  local us=$((${EPOCHREALTIME/[.,]/} - stages_began))
  printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

stage() { # TEXT: begins a stage
  stage_name=$1
  printf '[%6s s] %s\n' "$(stage_elapsed)" "$1" >&2
}

fail() { # TEXT: ends the script
  printf '[%6s s] failed: %s\n' "$(stage_elapsed)" "$1" >&2
  exit 1
}

# A script that ends by `set -e` says where it stood.
trap 'printf "[%6s s] failed in: %s (line %s: %s)\n" "$(stage_elapsed)" "$stage_name" "$LINENO" "$BASH_COMMAND" >&2' ERR
