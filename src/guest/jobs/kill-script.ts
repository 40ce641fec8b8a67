// The part of the job program that stops, shows and removes jobs.

/** Functions of the job program: send_signal, kill_tree, resize, remove, list. */
export const KILL_VERBS = `
# Reads what the job's events say of its process; fails unless that very process is there (a number alone may be another's).
find_program() {
  program= start= leader= terminal=
  while read -r word a b c d; do
    if [ "$word" = pid ]; then program=$a start=$b leader=$c terminal=$d; break; fi
  done 2>/dev/null <"$dir/events"
  [ -n "$program" ] && look "$program" && [ "$began" = "$start" ] && [ "$state" != Z ]
}

send_signal() {
  [ -d "$dir" ] || { echo missing; return; }
  find_program || { echo gone; return; }
  if [ -n "$terminal" ] && [ "$foreground" -gt 1 ]; then leader=$foreground; fi
  kill "-$1" "-$leader" 2>/dev/null && echo sent || echo gone
}

resize() {
  [ -d "$dir" ] || { echo missing; return; }
  find_program && [ -n "$terminal" ] || { echo gone; return; }
  stty -F "$terminal" rows "$1" cols "$2" 2>/dev/null && echo sent || echo no-stty
}

# Who runs the job; in his session and group is all that carries its streams and watches.
find_runner() {
  # Not 0: who was never in a session made in this PID namespace has that.
  alive= runner= runner_began= carriers=0 carrying=none
  read -r runner runner_began 2>/dev/null <"$dir/runner"
  if [ -n "$runner" ] && look "$runner" && [ "$began" = "$runner_began" ]; then
    alive=1 carrying=$session carriers=$group
    is_own_group "$carriers" "$runner" || carriers=0
  else
    runner=0
  fi
}

# Led by the runner, or by nobody any more: busybox's start-stop-daemon makes the session and ends.
is_own_group() {
  [ "$1" = "$2" ] || ! look "$1" || [ "$state" = Z ]
}

signal_carriers() {
  if [ "$carriers" != 0 ]; then kill "-$1" "-$carriers" 2>/dev/null; fi
}

# The job's cgroup. Fails where there is none that can be frozen (Linux 5.2, cgroup 2), and where the unit itself looks after its
# end, which must not stop itself.
find_unit() {
  unit="novalet-job-\${dir##*/}.service"
  ! grep -qF "$unit" /proc/self/cgroup || return 1
  unit=/sys/fs/cgroup/system.slice/$unit
  [ -w "$unit/cgroup.freeze" ]
}

# Stops all in the job's unit at once, the runner too. Says in the folder who did.
freeze() {
  find_unit || return 0
  { look "$$" && echo "$$ $began" >"$dir/killer"; } 2>/dev/null
  trap 'thaw; exit 1' HUP INT TERM
  echo 1 2>/dev/null >"$unit/cgroup.freeze"
  turns=0
  while [ "$turns" -lt 200 ] && ! grep -qx 'frozen 1' "$unit/cgroup.events" 2>/dev/null; do turns=$((turns + 1)); done
}

thaw() {
  if find_unit; then echo 0 2>/dev/null >"$unit/cgroup.freeze"; fi
  trap - HUP INT TERM
  rm -f "$dir/killer"
}

# Lets a unit go on whose killer was killed in the middle: nobody inside could look after the job any more.
thaw_abandoned() {
  [ -e "$dir/killer" ] || return 0
  killer=none killer_began=
  read -r killer killer_began 2>/dev/null <"$dir/killer"
  if look "$killer" && [ "$began" = "$killer_began" ] && [ "$state" != Z ]; then return 0; fi
  thaw
}

# Kills all that belongs to the command: descendants, its session, whoever has the job's mark in the environment, holds its
# output, or is in its unit's cgroup. All are stopped first, so that none can fork away, until a look finds no new one.
kill_tree() {
  [ -d "$dir" ] || { echo missing; return; }
  find_runner
  freeze
  tree=' ' rounds=0 fresh=1 program=
  if find_program; then kill -STOP "$program" 2>/dev/null; tree=" $program "; fi
  while [ "$fresh" = 1 ] && [ "$rounds" -lt 30 ]; do
    fresh=0 rounds=$((rounds + 1))
    marked=" $(cd /proc && grep -lzxF "NOVALET_JOB=$id" [0-9]*/environ 2>/dev/null | while read -r entry; do printf '%s ' "\${entry%/*}"; done)"
    held=' '
    for group in "/sys/fs/cgroup/system.slice/novalet-job-$id.service" "/sys/fs/cgroup/systemd/system.slice/novalet-job-$id.service"; do
      while read -r pid; do held="$held$pid "; done 2>/dev/null <"$group/cgroup.procs"
    done
    for entry in /proc/[0-9]*; do
      pid=\${entry#/proc/}
      case $tree in *" $pid "*) continue ;; esac
      [ "$pid" != "$$" ] && [ "$pid" != "$runner" ] && look "$pid" || continue
      [ "$state" != Z ] && [ "$session" != "$carrying" ] || continue
      belongs "$pid" || continue
      kill -STOP "$pid" 2>/dev/null
      tree="$tree$pid " fresh=1
    done
  done
  count=0
  for pid in $tree; do
    if kill -KILL "$pid" 2>/dev/null; then count=$((count + 1)); fi
  done
  thaw
  echo "killed $count"
}

belongs() {
  case $tree in *" $parent "*) return 0 ;; esac
  case $marked$held in *" $1 "*) return 0 ;; esac
  [ -n "$program" ] && [ "$session" = "$program" ] && return 0
  for fd in 1 2; do
    [ "/proc/$1/fd/$fd" -ef "$dir/o" ] && return 0
    [ "/proc/$1/fd/$fd" -ef "$dir/e" ] && return 0
  done 2>/dev/null
  return 1
}

remove() {
  [ -d "$dir" ] || { echo missing; return; }
  find_runner
  # It must neither end nor write in the meantime. Killed last, for its unit ends with it, and with that whoever is in there.
  signal_carriers STOP
  kill_tree >/dev/null
  rm -rf "$dir"
  echo removed
  signal_carriers KILL
}

list() {
  read -r boot </proc/sys/kernel/random/boot_id
  echo "boot $boot"
  for dir in "$home"/jobs/*/; do
    dir=\${dir%/}
    [ -f "$dir/events" ] || continue
    case $id in ''|"\${dir##*/}") ;; *) continue ;; esac
    echo "job \${dir##*/}"
    thaw_abandoned
    find_runner
    [ -z "$alive" ] || echo alive
    grep -v '^[oei] ' "$dir/events"
    grep '^[oe] [0-9]* [0-9]* cut' "$dir/events"
    IFS= read -r about <"$dir/about"
    printf 'about %s\\n' "$about"
  done
}
`;
