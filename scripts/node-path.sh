# shellcheck shell=bash
# Sourced by the scripts: finds a Node that is new enough, as scripts/novalet does for the command.

node_is_new_enough() { # PATH
  local version
  version=$("$1" -p 'process.versions.node' 2>/dev/null) && [[ ${version%%.*} -ge 24 ]]
}

node_path() { # ROOT: prints the Node to use for the checkout at ROOT, or fails when there is none
  local candidate
  for candidate in "${NOVALET_NODE:-}" "$1"/node_modules/node-linux-*/bin/node "$(command -v node || true)"; do
    if [[ -n $candidate && -x $candidate ]] && node_is_new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}
