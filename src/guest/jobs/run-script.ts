// The part of the job program that starts a command and carries its streams.
import { SEEK_FUNCTION } from '../exec-scripts.ts';
import { SIGN_OF_LIFE } from './vigil.ts';

/**
 * Runs as the user, in the program's place. Parameters: directory ('' for the home), rows, columns ('' for no terminal), the
 * command. Descriptor 3 takes one line: \`ok PID BEGAN GROUP [TTY]\`, or the word for what is wrong.
 */
const STAGE = `
novalet_fail() { echo "$1" >&3; exit 125; }
novalet_began() {
  read -r novalet_line </proc/$$/stat || novalet_fail proc
  set -f
  set -- \${novalet_line##*) }
  set +f
  novalet_ok="ok $$ \${20} $3"
}
${SEEK_FUNCTION}
if [ -n "$1" ]; then cd -- "$1" 2>/dev/null || novalet_fail cwd
else cd -- "$HOME" 2>/dev/null || cd /; fi
novalet_rows=$2 novalet_columns=$3
shift 3
novalet_seek "$1"
[ "$novalet_found" = yes ] || novalet_fail "$novalet_found"
if [ -n "$novalet_rows" ] && [ -z "$novalet_inner" ]; then
  novalet_inner=1 novalet_shell=$SHELL SHELL=/bin/sh
  novalet_line='eval "exec /bin/sh -c \\"\\$novalet_stage\\" novalet-job \\"\\$PWD\\" $novalet_rows $novalet_columns $novalet_words"'
  export novalet_inner novalet_shell novalet_rows novalet_columns SHELL
  novalet_seek script
  if [ "$novalet_found" = yes ]; then
    case $(script --version 2>/dev/null) in
      *util-linux*) exec script -qefc "$novalet_line" /dev/null ;;
      *) exec script -qfc "$novalet_line" /dev/null ;;
    esac
  fi
  novalet_seek python3
  [ "$novalet_found" = yes ] || novalet_fail no-terminal
  export novalet_line
  exec python3 -c 'import os, pty, sys
status = pty.spawn(["/bin/sh", "-c", os.environ["novalet_line"]])
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))'
fi
novalet_began
if [ -n "$novalet_inner" ]; then
  stty rows "$novalet_rows" cols "$novalet_columns" 2>/dev/null
  stty iutf8 2>/dev/null # or an erased character would be one byte
  novalet_ok="$novalet_ok $(tty)"
  SHELL=$novalet_shell
fi
echo "$novalet_ok" >&3
unset novalet_rows novalet_columns novalet_inner novalet_shell novalet_line novalet_stage novalet_words novalet_path \\
  novalet_file novalet_found novalet_ok
unset OLDPWD
exec "$@" 3>&-
`;

/** Functions of the job program: start, run. */
export const RUN_VERBS = `
stage='${STAGE.replaceAll("'", "'\\''")}'

# Standard input: a line about the job for people, then the specification, which is shell (spec.ts).
start() {
  IFS= read -r about || { echo 'fail input'; exit 0; }
  mkdir "$dir" && cd "$dir" || { echo 'fail place'; exit 0; }
  { printf '%s\\n' "$about" >about && : >events && : >o.0 && : >e.0 && echo 0 >beat && cat >spec; } 2>/dev/null || { cd /; rm -rf "$dir"; echo 'fail full'; exit 0; }
  for tool in mkfifo dd setsid env rm cat sleep; do
    command -v "$tool" >/dev/null || { cd /; rm -rf "$dir"; echo 'fail no-tool'; exit 0; }
  done
  mkfifo -m 666 o e i ready fin ack.o ack.e ctl || { cd /; rm -rf "$dir"; echo 'fail full'; exit 0; }
  exec 3<>ready
  : "\${PATH:=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
  set -- env -i PATH="$PATH" LC_ALL=C /bin/sh "$0" run "$id"
  by_systemd "$@" || by_daemon "$@" || by_shell "$@"
  while read -r word rest <&3; do
    case $word in
      ok) echo "pid $rest" >>events; echo "ok $rest"; exit 0 ;;
      ended) exec 4<>fin; echo bye >&4; cd /; rm -rf "$dir"; echo "fail \${why:-start}"; exit 0 ;;
      *) why=$word ;;
    esac
  done
}

# A unit of its own outlives the agent's service and its cgroup. Fails where there is no systemd, or it would not.
by_systemd() {
  [ -d /run/systemd/system ] && command -v systemd-run >/dev/null || return 1
  systemd-run --quiet --collect --unit="novalet-job-$id" --description="novalet job $id" \\
    -p KillMode=control-group -p TimeoutStopSec=5 -p IgnoreSIGPIPE=no -p OOMPolicy=continue -p TasksMax=infinity \\
    -p StandardInput=null -p StandardOutput=null -p StandardError=null "$@"
}

# A shell's background commands ignore SIGINT, and so does what they start. This program's do not; busybox has it.
by_daemon() {
  [ ! -e "$home/env-resets" ] && command -v start-stop-daemon >/dev/null || return 1
  seek env
  shift
  start-stop-daemon -S -b -p "$dir/no-pid" -x "$found" -- "$@" </dev/null >/dev/null 2>&1 3>&-
}

by_shell() {
  setsid "$@" </dev/null >/dev/null 2>&1 3>&- &
}

find_user() {
  entry=
  while IFS= read -r line || [ -n "$line" ]; do
    rest=\${line#*:*:}
    if [ "\${line%%:*}" = "$job_user" ] || [ "\${rest%%:*}" = "$job_user" ]; then entry=$line; break; fi
  done 2>/dev/null </etc/passwd
  if [ -z "$entry" ] && command -v getent >/dev/null; then entry=$(getent passwd "$job_user" 2>/dev/null); fi
  [ -n "$entry" ] || return 1
  IFS=: read -r USER skip uid gid skip HOME SHELL <<end_of_entry
$entry
end_of_entry
  [ -n "$SHELL" ] || SHELL=/bin/sh
  LOGNAME=$USER
}

own_uid() {
  self=
  while read -r key value skip; do
    if [ "$key" = Uid: ]; then self=$value; break; fi
  done </proc/self/status
}

seek() {
  found= path=$PATH:
  while [ -n "$path" ] && [ -z "$found" ]; do
    file=\${path%%:*}/$1 path=\${path#*:}
    if [ -x "$file" ] && [ ! -d "$file" ]; then found=$file; fi
  done
}

# Replaces this shell by the command. Whatever finds programs by PATH does it before the user's variables are set.
launch() {
  trap - INT QUIT
  umask 022
  cd /
  seek env; env=$found
  HOME=/ USER=root LOGNAME=root SHELL=/bin/sh way=
  own_uid
  job_user=\${job_user:-$self}
  find_user || { [ "$job_user" = "$self" ] || { echo user >&3; exit 125; }; uid=$self; }
  if [ "$uid" != "$self" ]; then
    [ "$self" = 0 ] || { echo not-root >&3; exit 125; }
    seek setpriv
    if [ -n "$found" ] && "$found" --reuid="$uid" --regid="$gid" --init-groups true >/dev/null 2>&1 </dev/null; then
      way=setpriv
    else
      for tool in runuser su; do
        seek "$tool"
        if [ -n "$found" ]; then way=su; break; fi
      done
      [ -n "$way" ] || { echo no-user-tool >&3; exit 125; }
    fi
  fi
  tool=$found
  seek setsid; setsid=$found
  unset LC_ALL OLDPWD
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  [ "$uid" = 0 ] || PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games
  for file in /etc/default/locale /etc/locale.conf; do
    while IFS= read -r line; do
      case $line in LANG=*) LANG=\${line#LANG=} LANG=\${LANG#[\\"\\']} LANG=\${LANG%[\\"\\']}; export LANG ;; esac
    done 2>/dev/null <"$file"
  done
  NOVALET_JOB=$id
  export PATH HOME USER LOGNAME SHELL NOVALET_JOB
  if [ -n "$job_rows" ]; then
    TERM=$job_term novalet_stage=$stage novalet_words=$job_quoted
    export TERM novalet_stage novalet_words
  fi
  set -- /bin/sh -c "$stage" novalet-job "$job_cwd" "$job_rows" "$job_columns"
  case $way in
    setpriv) set -- "$tool" --reuid="$uid" --regid="$gid" --init-groups "$@" ;;
    su) set -- "$tool" -p -s /bin/sh -c "$stage" -- "$USER" novalet-job "$job_cwd" "$job_rows" "$job_columns" ;;
  esac
  set -- "$setsid" "$@"
  if [ -e "$home/env-resets" ]; then set -- "$env" --default-signal=INT --default-signal=QUIT "$@"; fi
  exec 6>&-
  job_env
  job_words exec "$@"
}

# One stream into pieces of at most 1024 reads. With no limit, a third piece waits until the first was read (a line on ack).
copy() {
  exec 3>&- 6>&- 4<>"ack.$1"
  piece=0 total=0 acknowledged=-1
  while :; do
    if [ -z "$job_limit" ] && [ "$piece" -ge 2 ]; then
      # The number of the last piece that was read; it may be told twice.
      while [ "$acknowledged" -lt "$((piece - 2))" ]; do read -r acknowledged <&4; done
      rm -f "$1.$((piece - 2))"
    fi
    dd bs=2048 count=1024 >"$1.$piece" 2>"$1.said" || { echo "$1 full" >>events; exec cat >/dev/null; }
    reads=0+0 bytes=
    while read -r amount unit rest; do
      case $unit in records) [ "$rest" != in ] || reads=$amount ;; bytes) bytes=$amount ;; esac
    done <"$1.said"
    case $bytes in ''|*[!0-9]*) bytes=$(wc -c <"$1.$piece"); bytes=$((bytes)) ;; esac
    if [ "$((\${reads%+*} + \${reads#*+}))" -lt 1024 ]; then echo "$1 $piece $bytes end" >>events; return; fi
    total=$((total + bytes))
    if [ -n "$job_limit" ] && [ "$total" -ge "$job_limit" ]; then
      echo "$1 $piece $bytes cut" >>events
      exec cat >/dev/null
    fi
    : >"$1.$((piece + 1))"
    echo "$1 $piece $bytes" >>events
    piece=$((piece + 1))
  done
}

# Input from files that somebody fills: ctl says which file, then how many bytes of it are there.
feed() {
  exec 3>&- 6>&- 4<>ctl
  while read -r word value <&4; do
    case $word in
      file) [ -r "$value" ] && exec 5<"$value" && rm -f "$value" ;;
      data)
        dd bs="$value" count=1 <&5 2>/dev/null || { echo 'i closed' >>events; exit; }
        echo "i $value" >>events ;;
      eof) exit ;;
    esac
  done
}

# Beside a program that belongs to who follows it, and gives a sign in the file beat while he does (vigil.ts). Sleeps are
# counted and no clock is read: a guest that stood still in the meantime takes nobody for gone.
watch() {
  exec 3>&- 6>&-
  quiet=0
  while [ "$quiet" -lt "$job_rounds" ]; do
    sleep "$job_round"
    case $? in 0) ;; 126|127) exit ;; *) continue ;; esac
    [ -d "$dir" ] || exit
    # Whoever ran the program was killed: nobody will ever tell of its end.
    kill -0 "$$" 2>/dev/null || { end_carriers; break; }
    sign= quiet=$((quiet + 1))
    read -r sign <beat
    if [ "$sign" = ${SIGN_OF_LIFE} ]; then echo 0 1<>beat; quiet=0; fi
  done
  # In a session of its own, since the one that it ends is this one.
  cd /
  exec setsid /bin/sh "$0" remove "$id"
}

# What carries the streams or watches, and its sleep; this shell not.
end_carriers() {
  trap '' TERM
  if is_own_group "$carriers" "$$"; then kill -TERM "-$carriers" 2>/dev/null; fi
}

# Runs the command and sees its streams to their end.
run() {
  cd "$dir" || exit 1
  exec 2>said 3<>ready 6<>fin
  look $$ && echo "$$ $began" >runner
  carriers=$group
  . ./spec
  : >spec
  if [ -z "$job_limit" ]; then watch </dev/null >/dev/null 2>&1 & fi
  copy o <o >/dev/null & copiers=$!
  if [ -z "$job_rows" ]; then copy e <e >/dev/null & copiers="$copiers $!"; fi
  feeder=
  if [ -n "$job_stdin" ]; then feed </dev/null >i & feeder=$!; fi
  input=/dev/null
  [ -z "$job_stdin" ] || input=i
  out_as=e
  [ -z "$job_rows" ] || out_as=o
  wait_for_it
  [ -z "$feeder" ] || kill "$feeder" 2>/dev/null
  wait $copiers
  echo done >>events
  echo ended >&3
  [ -z "$job_limit" ] || return
  while read -r word <&6; do
    if [ "$word" = bye ]; then
      end_carriers
      cd /
      exec rm -rf "$dir"
    fi
  done
}

# A shell says 128+N of a signal and of an exit code alike. What \`jobs\` says tells them apart, but only of a background
# command, which shells start with SIGINT ignored; where nothing can undo that, the shell's complaint of a signal tells.
wait_for_it() {
  : >said
  if [ -n "$BASH_VERSION" ] || [ -e "$home/env-resets" ]; then
    # In bash only the trap sees the state, and in its own mode the trap does not cut the wait short.
    [ -z "$BASH_VERSION" ] || { set +o posix; trap 'jobs >>said.jobs' CHLD; }
    launch <"$input" >o 2>"$out_as" & program=$!
    wait "$program"
    code=$?
    jobs >>said.jobs
    [ -z "$BASH_VERSION" ] || trap - CHLD
    [ "$code" -gt 128 ] && ! grep -E "(Done\\\\(|Exit )$code" said.jobs >/dev/null && { echo "signal $((code - 128))" >>events; return; }
  else
    ( launch ) <"$input" >o 2>"$out_as"
    code=$?
    if [ "$code" -gt 128 ] && { [ -s said ] || [ "$code" = 130 ] || [ "$code" = 141 ]; }; then echo "signal $((code - 128))" >>events; return; fi
  fi
  echo "exit $code" >>events
}
`;
