# One release on one instance: lock, space, fetch, hash, unpack, stop, start, gate; then either the new one is current or
# the one before runs again. The other files of this folder stand before this one, and before those the values of
# this run: see command.py. The last line of the output is the evidence; the exit code says which stage failed.

RUNNER_VERSION=1
SCRIPT_STOP_SECONDS=60
home=$root/$application_name
aside=$root/.deployer-aside-$application_name
state=$home/.deployer
releases=$home/releases
shared=$home/shared
pid_file=$shared/app.pid
boot_unit=/etc/systemd/system/deployer-$application_name.service
rotation=/etc/logrotate.d/deployer-$application_name
changing= # the release that is being put in the running one's place
changed=  # yes once something that runs was touched

main() {
  prepare_run
  enter lock
  choose_lock_folder
  lock_application
  case $action in
    stop | uninstall) [ -d "$state" ] || [ -d "$aside" ] || { message="$application_name is not installed here" && report true; } ;;
  esac
  set_up_home || fail
  case $action in
    release) release_new ;;
    rollback | restart) release_kept ;;
    stop) stop_application ;;
    uninstall) uninstall_application ;;
  esac
  report true
}

prepare_run() {
  # shellcheck disable=SC2031  # that other change is a subshell's
  callers_lc_all=${LC_ALL-}
  # shellcheck disable=SC2031
  export -n LC_ALL
  LC_ALL=C
  umask 027
  shopt -s nullglob
  cd / || exit 21
  read_clock
  run_began=$now
  staging=
  evidence_file=
  trap 'set_failure internal "the runner ended before its time in stage $stage"; fail' EXIT
  trap 'set_failure interrupted "the run was interrupted in stage $stage"; fail' TERM INT HUP
  trap : PIPE
}

fail() { # ends the run: what was touched is put back first
  trap : TERM INT HUP # not ignored: what is started from here on would inherit that
  trap - EXIT
  local failed_stage=$stage
  if [ -n "$changing" ] && [ -n "$changed" ]; then restore_previous; fi
  stage=$failed_stage
  [ -z "$staging" ] || remove_inside "$state" "${staging##*/}"
  report false
}

choose_lock_folder() {
  for lock_folder in /run/lock /var/lock "$root"; do [ ! -w "$lock_folder" ] || break; done
  [ "$root" = /root ] || lock_folder=$root
  application_lock=$lock_folder/deployer-$application_name.lock
  host_lock=$lock_folder/deployer-host.lock
}

lock_application() { # one run an application; a second one of the same release waits and takes over the first one's result
  local holder='' since='' locked=
  take_lock 9 "$application_lock" 0 && locked=yes
  for _ in $(seq "$LOCK_WAIT_SECONDS"); do
    if [ -n "$locked" ] || take_lock 9 "$application_lock" 1; then # in that second a holder says who it is
      locked=yes
      break
    fi
    read -r holder since 2>/dev/null <"$application_lock.holder"
    [ -n "$release_id" ] && [ "$holder" = "$release_id" ] || continue
    take_lock 9 "$application_lock" $((start_timeout_seconds + gate_timeout_seconds + 600)) && locked=yes && adopt_result
    break
  done
  [ -n "$locked" ] || { set_failure lock.held "release ${holder:-?} of $application_name is being worked on here since ${since:-?}" || fail; }
  printf '%s %s\n' "${release_id:--}" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" 2>/dev/null >"$application_lock.holder"
}

adopt_result() { # the run that was waited for has told what happened to this same release
  local line code
  read -r line 2>/dev/null <"$state/$release_id/evidence.json" && [ -n "$line" ] || return 0
  code=${line##*\"exit_code\":}
  trap - EXIT
  printf '%s,"adopted":true}\n' "${line%\}}"
  exit "${code%\}}"
}

set_up_home() {
  enter space
  [ -w "$root" ] || set_failure space.root "/root cannot be written by $(id -un)" || return 1
  [ ! -L "$home" ] || set_failure space.home "$home is a link" || return 1
  bring_home_back || set_failure space.home "$home and $aside both exist" || return 1
  if [ -d "$home" ] && [ ! -d "$state" ]; then was_there=yes; else was_there=; fi
  { mkdir -p -- "$state" "$releases" "$shared" && chmod 0700 -- "$state"; } ||
    set_failure space.home "$home cannot be made" || return 1
  chmod 0750 -- "$home" 2>/dev/null
  if [ -n "$was_there" ]; then : >"$state/was_there"; fi
  [ -s "$state/token" ] || (umask 077 && head -c 18 /dev/urandom | base64 | tr -d '+/\n' >"$state/token")
  read -r token <"$state/token"
  previous=$(readlink -- "$home/current")
  previous=${previous##*/}
  : >>"$state/processes" || set_failure space.disk "nothing can be written to $home: the disk may be full"
}

input_digest() {
  printf '%s\n' "$archive_sha256" "$start_sha256" "$stop_sha256" "$port" "$health_path_base64" "$environment_base64" \
    "$environment_sha256" | sha256sum
}

health_path() {
  printf %s "$health_path_base64" | base64 -d
}

release_kept() { # a release that is on this disk still, with the values it was released with
  local settings archive_sha
  enter input
  [ "$action" != restart ] || release_id=${release_id:-$previous}
  [ -n "$release_id" ] && [ -d "$releases/$release_id" ] && [ -r "$state/$release_id/settings" ] ||
    { set_failure input.no_release "release ${release_id:-?} is not on this instance; it has: $(kept_releases)" || fail; }
  [ "$action" != restart ] || [ "$release_id" = "$previous" ] ||
    { set_failure input.not_current "release $release_id is not the current one, $previous is" || fail; }
  evidence_file=$state/$release_id/evidence.json
  read -r settings <"$state/$release_id/settings"
  archive_sha=${settings%% *}
  enter hash
  check_hash "$state/$release_id/archive.zip" "$archive_sha" 'kept archive' || fail
  take_settings "$release_id"
  switch_over "$release_id"
}

take_settings() { # <release id>: port, health path and times as they were when it was released
  read -r _ port health_path_base64 alive_seconds gate_timeout_seconds start_timeout_seconds <"$state/$1/settings"
  [ "$port" != - ] || port=
  [ "$health_path_base64" != - ] || health_path_base64=
}

kept_releases() {
  local folder
  for folder in "$state"/*/good; do
    folder=${folder%/good}
    printf '%s ' "${folder##*/}"
  done
}

switch_over() { # <release id>: stop what runs, start this, watch it, make it current
  enter port
  take_lock 8 "$host_lock" "$start_timeout_seconds" || { set_failure lock.host 'another application is being started here' || fail; }
  find_legacy_process
  is_port_of_a_daemon || check_port_is_free yes || fail
  changing=$1
  stop_running
  check_port_is_free no || { stage=port && fail; }
  start_release "$1" || fail
  give_lock_back 8 "$host_lock"
  enter gate
  gate "$1" "$port" "$(health_path)" "$alive_seconds" "$gate_timeout_seconds" || fail
  enter switch
  record_processes
  keep_log_tail "$shared/app.log" "$(log_offset_of "$1")"
  point_link "$home/current" "releases/$1"
  rm -f -- "$state/stopped"
  : >"$state/$1/good"
  printf '%s\n' "$1" >>"$state/history"
  changing=
  install_boot_unit
  prune_releases
  message="release $1 runs"
}

is_port_of_a_daemon() { # the running release may be held by a daemon such as Docker, which its stop script ends
  [ -n "$previous" ] && [ -e "$state/$previous/start.sh" ] && delegates_its_process "$previous"
}

stop_running() { # whatever of this application runs is gone, by its own stop script first
  local known=$previous
  enter stop
  changed=yes
  link_contract_files || { set_failure stop.links '/root/app.log and /root/app.pid cannot be made links' || fail; }
  if [ -n "$known" ] && [ -x "$state/$known/stop.sh" ]; then run_stop_script "$known"; fi
  end_processes || { set_failure stop.survivors "process ${own_processes%% *} ($(command_line_of "${own_processes%% *}")) cannot be ended" || fail; }
}

find_legacy_process() { # an application of the same name that was installed without us: known by its pid file and folder
  local candidate
  if [ -z "$previous" ] && [ -f "$root/app.pid" ] && [ ! -L "$root/app.pid" ]; then
    candidate=$(head -c 20 "$root/app.pid" | tr -dc '0-9')
    case $(readlink "/proc/${candidate:-none}/cwd")/ in
      "$home"/*)
        own_processes=
        add_descendants_of "$candidate"
        record_processes
        ;;
    esac
  fi
}

link_contract_files() {
  link_contract_file app.log && link_contract_file app.pid
}

run_stop_script() { # <release id>: its end and its exit code are its own affair, the processes are looked at afterwards
  set_home_aside || warn "$home could not be protected from the stop script"
  run_script stop "$1" "$SCRIPT_STOP_SECONDS"
  bring_home_back || { set_failure stop.home "$home could not be brought back from $aside" || fail; }
  [ -z "$script_timed_out" ] || warn "the stop script of $1 was ended after $SCRIPT_STOP_SECONDS s"
  [ "$script_status" -eq 0 ] || warn "the stop script of $1 ended with $script_status"
}

start_release() { # <release id>: its start script has ended with 0
  enter start
  rm -f -- "$pid_file"
  link_contract_files || { set_failure start.links '/root/app.log and /root/app.pid cannot be made links' || return 1; }
  place_archive "$1"
  write_marker "$1"
  run_script start "$1" "$start_timeout_seconds"
  adopt_contract_file app.log
  adopt_contract_file app.pid
  find_own_processes
  record_processes
  if [ -n "$script_timed_out" ]; then
    set_failure start.timeout "the start script did not end within $start_timeout_seconds s, at: ${script_hangs_at:-itself}"
  elif [ "$script_status" -ne 0 ]; then
    set_failure start.exit_code "the start script ended with $script_status$(failed_line_of "$1")"
  fi
}

restore_previous() { # after a failure: the failed release is ended and the one before runs again
  local failed_message=$message
  keep_failure_log
  if [ -e "$state/$changing/stop.sh" ] && [ "$changing" != "$previous" ]; then
    link_contract_files
    run_stop_script_quietly "$changing"
  fi
  end_processes
  changed=
  [ -n "$previous" ] && [ "$changing" != "$previous" ] && [ -x "$state/$previous/start.sh" ] && [ ! -e "$state/stopped" ] || return 0
  local kept_pid=$pid kept_http=$http_status kept_listening=$listening_json kept_restarts=$restarts kept_observed=$observed_centiseconds
  local kept_code=$failure_code
  timing_prefix=restore_
  give_lock_back 8 "$host_lock"
  take_lock 8 "$host_lock" "$start_timeout_seconds"
  take_settings "$previous"
  if start_release "$previous" && give_lock_back 8 "$host_lock" &&
    gate "$previous" "$port" "$(health_path)" "$((alive_seconds < 2 ? alive_seconds : 2))" "$gate_timeout_seconds"; then
    restored_release_id=$previous
    record_processes
  else
    failed_message="$failed_message; release $previous could not be started again either"
  fi
  pid=$kept_pid http_status=$kept_http listening_json=$kept_listening restarts=$kept_restarts observed_centiseconds=$kept_observed
  failure_code=$kept_code
  message=$failed_message
}

run_stop_script_quietly() { # <release id>: of a release that failed; it may have left containers
  set_home_aside
  run_script stop "$1" "$SCRIPT_STOP_SECONDS"
  bring_home_back
}

keep_failure_log() { # what a person needs to see: the application's words, else the start script's
  local offset words
  case $stage in start | gate) ;; *) return 0 ;; esac
  offset=$(log_offset_of "$changing")
  words=$(tail -c "+$((offset + 1))" -- "$shared/app.log" 2>/dev/null | head -n 9 | grep -v '^=== release ' | tr -d '\0[:space:]')
  if [ "$stage" = gate ] && [ -n "$words" ]; then
    keep_log_tail "$shared/app.log" "$offset"
  else
    keep_log_tail "$state/$changing/start.log" 0
  fi
}

prune_releases() { # the newest good ones stay, the current one always
  local keep=' ' id count=0 folder
  while read -r id; do
    [[ $keep != *" $id "* ]] && [ "$count" -lt "$keep_releases" ] || continue
    keep="$keep$id "
    count=$((count + 1))
  done < <(tac -- "$state/history")
  for folder in "$releases"/*; do
    id=${folder##*/}
    [[ $keep != *" $id "* ]] || continue
    remove_inside "$releases" "$id"
    remove_inside "$state" "$id"
  done
}

stop_application() {
  [ -n "$previous" ] || { message="$application_name is not installed here" && return; }
  release_id=${release_id:-$previous}
  take_lock 8 "$host_lock" "$start_timeout_seconds" || { set_failure lock.host 'another application is being started here' || fail; }
  stop_running
  : >"$state/stopped"
  rm -f -- "$pid_file"
  message="$application_name is stopped"
}

main
