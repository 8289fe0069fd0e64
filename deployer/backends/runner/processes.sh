# Which processes are this application's, and how they are ended. A process is known by the token every script of ours
# gets in its environment, or by a recorded pid together with its start time, and never by a pid alone.

STOP_GRACE_CENTISECONDS=1000 # between TERM and KILL
KILL_GRACE_CENTISECONDS=300

own_processes=
main_process=
main_process_start=
known_sessions=' ' # sessions a script of ours was started in, while something of them lives

describe_process() { # <pid> -> process_parent, process_session, process_start (ticks since boot); fails for none and for a zombie
  local line=
  { IFS= read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null
  [ -n "$line" ] || return 1
  line=${line##*) }
  # shellcheck disable=SC2086  # the fields are wanted as words
  set -- $line
  [ "$1" != Z ] && [ "$1" != X ] || return 1
  process_parent=$2
  process_session=$4
  process_start=${20}
}

command_line_of() { # <pid> -> at most 160 bytes, for people
  local text
  text=$(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | head -c 160)
  printf %s "${text% }"
}

same_process() { # <pid> <start time>
  describe_process "$1" && [ "$process_start" = "$2" ]
}

find_recorded_processes() { # own_processes, known_sessions: those recorded that still are the same ones
  local boot recorded_pid recorded_start recorded_session this_boot
  read -r this_boot </proc/sys/kernel/random/boot_id
  while read -r boot recorded_pid recorded_start recorded_session; do
    { [ "$boot" = "$this_boot" ] && same_process "$recorded_pid" "$recorded_start"; } || continue
    own_processes="$own_processes $recorded_pid"
    [ "$process_session" != "$recorded_session" ] || known_sessions="$known_sessions$process_session "
  done 2>/dev/null <"$state/processes"
}

find_own_processes() { # own_processes: pids of this application that live now, the runner itself left out
  local file candidate found=''
  own_processes=
  # shellcheck disable=SC2013  # one word a line
  for file in $(grep -lszx -e "DEPLOYER_RUN=$token" /proc/[0-9]*/environ 2>/dev/null); do
    file=${file#/proc/}
    own_processes="$own_processes ${file%/environ}"
  done
  find_recorded_processes
  if [ "$known_sessions" != ' ' ]; then
    for file in /proc/[0-9]*; do
      describe_process "${file#/proc/}" && [[ $known_sessions == *" $process_session "* ]] || continue
      own_processes="$own_processes ${file#/proc/}"
    done
  fi
  for candidate in $own_processes; do
    [[ " $found " == *" $candidate "* ]] || [ "$candidate" = $$ ] || [ "$candidate" = 1 ] && continue
    describe_process "$candidate" && found="$found $candidate"
  done
  own_processes=${found# }
}

record_processes() { # remembers the living ones for a later run; a process that hides its environment is found by it
  local boot one session
  read -r boot </proc/sys/kernel/random/boot_id
  for one in $own_processes $main_process; do
    describe_process "$one" || continue
    session=-
    [[ $known_sessions != *" $process_session "* ]] || session=$process_session
    printf '%s %s %s %s\n' "$boot" "$one" "$process_start" "$session"
  done | sort -u >"$state/processes.new"
  mv -f -- "$state/processes.new" "$state/processes"
}

wait_until_gone() { # <centiseconds>: true when no process of ours is left
  local deadline
  read_clock
  deadline=$((now + $1))
  while find_own_processes && [ -n "$own_processes" ]; do
    read_clock
    [ "$now" -lt "$deadline" ] || return 1
    # shellcheck disable=SC2086  # pids as words
    [ "${2:-}" != KILL ] || kill -KILL $own_processes 2>/dev/null
    sleep 0.1
  done
}

add_descendants_of() { # <pid>: it and what descends from it become own_processes
  local file
  own_processes="$own_processes $1"
  for file in /proc/[0-9]*; do
    describe_process "${file#/proc/}" && [ "$process_parent" = "$1" ] || continue
    add_descendants_of "${file#/proc/}"
  done
}

end_processes() { # TERM, a grace time, KILL; fails when something of ours survives even that
  find_own_processes
  [ -n "$own_processes" ] || return 0
  # shellcheck disable=SC2086  # pids as words
  kill -TERM $own_processes 2>/dev/null
  wait_until_gone "$STOP_GRACE_CENTISECONDS" && return 0
  wait_until_gone "$KILL_GRACE_CENTISECONDS" KILL
}

choose_main_process() { # main_process: by the pid file, else the one chosen before, else the oldest of ours; or nothing
  local candidate oldest='' oldest_start=
  candidate=$(head -c 20 -- "$pid_file" 2>/dev/null | tr -dc '0-9')
  if [ -n "$candidate" ] && describe_process "$candidate" && is_ours_by_pid_file "$candidate"; then
    main_process=$candidate
    main_process_start=$process_start
    return 0
  fi
  [ -z "$main_process" ] || ! same_process "$main_process" "$main_process_start" || return 0
  for candidate in $own_processes; do
    describe_process "$candidate" || continue
    [ -z "$oldest" ] || [ "$process_start" -lt "$oldest_start" ] || continue
    oldest=$candidate
    oldest_start=$process_start
  done
  main_process=$oldest
  main_process_start=$oldest_start
  [ -n "$main_process" ]
}

is_ours_by_pid_file() { # <pid>: known as ours, or started after this release's start script was
  [[ " $own_processes " == *" $1 "* ]] || { [ -n "${script_start_tick:-}" ] && [ "$process_start" -ge "$script_start_tick" ]; }
}

delegates_its_process() { # <release id>: the start script hands the application to a daemon that is not our child
  grep -qE '(^|[;&|[:space:]])(docker|podman|nerdctl|systemctl|service|supervisorctl)[[:space:]]' "$state/$1/start.sh"
}
