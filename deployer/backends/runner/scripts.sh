# How the user's scripts are run: as processes of their own, in their own session, with a deadline, their output in a file.

TERM_GRACE_SECONDS=3

write_environment() { # <file>: the lines KEY=<base64> of standard input become a file bash can read back, byte for byte
  local key encoded value
  while IFS='=' read -r key encoded; do
    [[ $key =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    value=$(printf %s "$encoded" | base64 -d && printf .)
    printf 'export %s=%q\n' "$key" "${value%.}"
  done >"$1"
}

write_script() { # <from> <to>: bytes as fetched, but for a byte order mark and carriage returns at line ends
  local elsewhere=(-e '1s/^\xef\xbb\xbf//' -e 's/\r$//')
  [ "$root" = /root ] || elsewhere+=(-e "s#\(^\|[^A-Za-z0-9_./})-]\)/root\($\|[^A-Za-z0-9_.-]\)#\1$root\2#g")
  sed "${elsewhere[@]}" -- "$1" >"$2" && chmod 0700 -- "$2"
}

# The launcher is a file, so that a boot can start the application as a release does: `launch.sh start`.
write_launcher() { # <release id>
  local folder=$state/$1
  {
    printf '%s\n' '#!/bin/bash' "# Runs a script of release $1; written by deployer." "cd '$releases/$1' || exit 1"
    printf 'export %s\n' "HOME='$root'" DEBIAN_FRONTEND=noninteractive "DEPLOYER_RELEASE_ID='$1'" \
      "DEPLOYER_APPLICATION='$application_name'" "DEPLOYER_GROUP='$application_group_name'" "DEPLOYER_REGION_ID='$region_id'" \
      "DEPLOYER_ARCHIVE='$root/project_$1.zip'" "DEPLOYER_RELEASE_DIR='$releases/$1'" "DEPLOYER_SHARED_DIR='$shared'" \
      "DEPLOYER_LOG='$shared/app.log'" "DEPLOYER_PID_FILE='$pid_file'" "APP_PORT='$port'"
    # shellcheck disable=SC2016  # expanded when the launcher runs
    printf '%s\n' 'export PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"' ". '$folder/environment'" "export DEPLOYER_RUN='$token' DEPLOYER_FAILED_LINE='$folder/failed_line'" \
      'export BASH_ENV='"'$state/trap.sh'" 'exec "$BASH" '"'$folder/'"'"$1.sh"'
  } >"$folder/launch.sh"
  # shellcheck disable=SC2016  # for the script's own bash
  printf '%s\n' 'unset BASH_ENV' 'trap '\''printf "%s %s\n" "$LINENO" "$BASH_COMMAND" >"$DEPLOYER_FAILED_LINE"'\'' ERR' \
    >"$state/trap.sh"
}

find_python() { # python: an interpreter of version 3 the system has for itself
  for python in python3 /usr/libexec/platform-python /usr/bin/python3; do
    "$python" -c 'import zipfile' >/dev/null 2>&1 && return 0
  done
  return 1
}

in_own_session() { # <command>…: replaces this process
  if command -v setsid >/dev/null; then exec setsid "$@"; fi
  if find_python; then exec "$python" -c 'import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' "$@"; fi
  exec "$@"
}

run_script() { # <start|stop> <release id> <deadline in seconds> -> script_status, script_timed_out, script_centiseconds
  local deadline child child_start output=$state/$2/$1.log
  script_timed_out=
  (umask 077 && : >"$output" && rm -f -- "$state/$2/failed_line")
  read_clock
  script_began=$now
  deadline=$((now + $3 * 100))
  (
    # shellcheck disable=SC2030,SC2031  # meant for this process alone
    if [ -n "$callers_lc_all" ]; then export LC_ALL=$callers_lc_all; else unset LC_ALL; fi
    umask 022
    trap - PIPE TERM INT HUP
    in_own_session "$BASH" "$state/$2/launch.sh" "$1"
  ) </dev/null >>"$output" 2>&1 7>&- 8>&- 9>&- &
  child=$!
  command -v setsid >/dev/null && known_sessions="$known_sessions$child "
  describe_process "$child" && child_start=$process_start
  script_start_tick=${child_start:-$now}
  while same_process "$child" "$child_start"; do
    read_clock
    if [ "$now" -ge "$deadline" ]; then
      script_timed_out=yes
      describe_what_runs "$child"
      end_script "$child"
      break
    fi
    sleep 0.05
  done
  wait "$child" 2>/dev/null
  script_status=$?
  read_clock
  script_centiseconds=$((now - script_began))
}

describe_what_runs() { # <session id> -> script_hangs_at: the command lines of what the script waits for
  local file
  script_hangs_at=
  for file in /proc/[0-9]*; do
    describe_process "${file#/proc/}" && [ "$process_session" = "$1" ] && [ "${file#/proc/}" != "$1" ] || continue
    script_hangs_at="$script_hangs_at${script_hangs_at:+; }$(command_line_of "${file#/proc/}")"
  done
}

end_script() { # <session id>: the script and everything it started in its session
  local signal file
  for signal in TERM KILL; do
    kill "-$signal" "$1" 2>/dev/null # where there is no session of its own, at least the script
    for file in /proc/[0-9]*; do
      describe_process "${file#/proc/}" && [ "$process_session" = "$1" ] || continue
      kill "-$signal" "${file#/proc/}" 2>/dev/null
    done
    for _ in $(seq $((TERM_GRACE_SECONDS * 10))); do
      describe_process "$1" || break
      sleep 0.1
    done
  done
}

failed_line_of() { # <release id> <start|stop> -> ", line N: command" when bash said where
  local number text
  read -r number text 2>/dev/null <"$state/$1/failed_line" && printf ', line %s: %s' "$number" "$text"
}

install_boot_unit() { # the application comes back after a reboot, where there is systemd; a log that grows is rotated
  # shellcheck disable=SC2016  # expanded at boot
  printf '%s\n' '#!/bin/bash' "# Starts the current release of $application_name after a reboot; written by deployer." \
    "id=\$(basename \"\$(readlink '$home/current')\")" "folder='$state'/\$id" '[ -f "$folder/launch.sh" ] || exit 0' \
    "[ -e '$state/stopped' ] && exit 0" "exec 8>>'$lock_folder/deployer-host.lock' && flock 8" \
    "rm -f '$pid_file'" "ln -sfn '$shared/app.log' '$root/app.log'; ln -sfn '$pid_file' '$root/app.pid'" \
    'size=$(stat -c %s '"'$shared/app.log'"' 2>/dev/null || echo 0)' \
    'printf "=== release %s %s ===\n" "$id" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >>'"'$shared/app.log'" \
    'echo "$size" >"$folder/log_offset"' \
    'setsid bash "$folder/launch.sh" start </dev/null >"$folder/start.log" 2>&1 8>&-' >"$state/boot.sh"
  [ "$root" = /root ] || return 0 # no machine of its own: a folder on somebody's computer
  if [ -d /run/systemd/system ] && [ -w /etc/systemd/system ] && command -v systemctl >/dev/null; then
    {
      printf '%s\n' '[Unit]' "Description=$application_name, released by deployer" 'Wants=network-online.target' \
      'After=network-online.target' '[Service]' 'Type=oneshot' 'RemainAfterExit=yes' 'KillMode=process' 'TimeoutStartSec=0' \
      "ExecStart=/bin/bash $state/boot.sh" '[Install]' 'WantedBy=multi-user.target' >"$boot_unit" &&
        timeout 30 systemctl enable "${boot_unit##*/}" >/dev/null 2>&1
    } || warn 'will not come back by itself after a reboot'
  fi
  if [ -w /etc/logrotate.d ]; then
    printf '%s {\n  size 100M\n  rotate 3\n  copytruncate\n  missingok\n  nocompress\n}\n' "$shared/app.log" >"$rotation"
  fi
}

remove_boot_unit() {
  [ "$root" = /root ] || return 0
  if [ -e "$boot_unit" ]; then
    timeout 30 systemctl disable "${boot_unit##*/}" >/dev/null 2>&1
    rm -f -- "$boot_unit"
  fi
  rm -f -- "$rotation"
}
