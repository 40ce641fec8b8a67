// The shell program that novalet puts into a guest to run others detached from whoever asked: one file, a verb each.
// POSIX sh with mkdir, mkfifo, dd, setsid, env, rm, cat, sleep, grep and wc of coreutils or busybox. Nothing of a request is in any
// argv but a job's id: words, variables and directory come by standard input and go through a file of root's.
import { createHash } from 'node:crypto';
import { KILL_VERBS } from './kill-script.ts';
import { RUN_VERBS } from './run-script.ts';

/** Puts the program into a folder of root's, in memory where there is such a place. Parameter: the program's file name. */
export const INSTALL_SCRIPT = `
umask 077
for place in /run /dev/shm /tmp; do
  home=$place/novalet
  mkdir "$home" 2>/dev/null
  [ -d "$home" ] && [ ! -L "$home" ] && [ -O "$home" ] && chmod 700 "$home" || continue
  mkdir "$home/jobs" 2>/dev/null
  [ -d "$home/jobs" ] || continue
  # Others may put it there at the same moment.
  cat >"$home/$1.$$" && mv "$home/$1.$$" "$home/$1" || { rm -f "$home/$1.$$"; echo full; exit 0; }
  if env --default-signal=INT true; then : >"$home/env-resets"; else rm -f "$home/env-resets"; fi 2>/dev/null
  IFS= read -r boot </proc/sys/kernel/random/boot_id
  echo "home $home $boot"
  exit 0
done
echo no-place
`;

/**
 * \`sh FILE VERB …\`. What the verbs print is for JobHouse. A job's folder holds: about (a line of ours), events (appended
 * lines), o.N and e.N (pieces of the output), beat (vigil.ts), and pipes: o, e, i (the program's), ack.o, ack.e, ctl, ready (ours).
 */
export const JOB_SCRIPT = `
umask 077
LC_ALL=C
export LC_ALL
home=\${0%/*}
verb=$1 id=$2
dir=$home/jobs/$id
look() {
  line=
  while IFS= read -r part || [ -n "$part" ]; do line="$line $part"; done 2>/dev/null <"/proc/$1/stat" || return 1
  [ -n "$line" ] || return 1
  set -f
  set -- \${line##*) }
  set +f
  state=$1 parent=$2 group=$3 session=$4 foreground=$6 began=\${20}
}
${RUN_VERBS}
${KILL_VERBS}
case $verb in
  start) start ;;
  run) run ;;
  signal) send_signal "$3" ;;
  kill) kill_tree ;;
  resize) resize "$3" "$4" ;;
  remove) remove ;;
  list) list ;;
  *) echo unknown ;;
esac
`;

/** Another text, another file: a newer novalet does not change the program under the jobs of an older one. */
export const JOB_FILE_NAME = `job-${createHash('sha256').update(JOB_SCRIPT).digest('hex').slice(0, 12)}`;
