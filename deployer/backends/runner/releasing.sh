# A new release: what it needs is fetched and checked before anything that runs is touched.

release_new() {
  if is_running_already; then return; fi
  evidence_file=$state/$release_id/evidence.json
  get_ready
  switch_over "$release_id"
}

is_running_already() { # the same command once more: nothing to do when what it wants runs and serves
  [ "$previous" = "$release_id" ] && [ "$(input_digest)" = "$(cat -- "$state/$release_id/input" 2>/dev/null)" ] || return 1
  [ ! -e "$state/stopped" ] && find_own_processes || return 1
  [ -n "$own_processes" ] || delegates_its_process "$release_id" || return 1
  enter gate
  read_clock
  script_began=$now
  script_centiseconds=0
  script_start_tick=
  gate "$release_id" "$port" "$(health_path)" 0 2 && message="release $release_id runs already" && return 0
  failure_code=
  message=
  return 1
}

get_ready() { # everything of the release is on the disk and checked; nothing that runs was touched
  local target=$state/$release_id name
  clean_up_debris
  check_space || fail
  staging=$(umask 077 && mktemp -d -- "$state/staging-XXXXXXXX") || { set_failure space.disk 'cannot write' || fail; }
  enter fetch
  { fetch "$archive_url" "$staging/archive.zip" archive && fetch "$start_url" "$staging/start" 'start script' &&
    fetch "$stop_url" "$staging/stop" 'stop script'; } || fail
  [ -z "$environment_url" ] || fetch "$environment_url" "$staging/environment.encoded" environment || fail
  enter hash
  { check_hash "$staging/archive.zip" "$archive_sha256" archive && check_hash "$staging/start" "$start_sha256" 'start script' &&
    check_hash "$staging/stop" "$stop_sha256" 'stop script'; } || fail
  [ -z "$environment_url" ] || check_hash "$staging/environment.encoded" "$environment_sha256" environment || fail
  enter unpack
  unpack "$staging/archive.zip" "$staging/tree" || fail
  mkdir -p -- "$target" && chmod 0700 -- "$target"
  chmod 0600 "$staging/archive.zip" && mv -f -- "$staging/archive.zip" "$target/archive.zip"
  { write_script "$staging/start" "$target/start.sh" && write_script "$staging/stop" "$target/stop.sh"; } ||
    { set_failure unpack.failed 'the scripts cannot be written' || fail; }
  (umask 077 && { printf %s "$environment_base64" | base64 -d && cat "$staging"/environment.encoded /dev/null; } 2>/dev/null |
    write_environment "$target/environment")
  (umask 077 && write_launcher "$release_id")
  input_digest >"$target/input"
  printf '%s\n' "$archive_sha256 ${port:--} ${health_path_base64:--} $alive_seconds $gate_timeout_seconds $start_timeout_seconds" \
    >"$target/settings"
  # a tree is never changed in place: an older one of this id makes room as a whole
  [ ! -e "$releases/$release_id" ] || mv -T -- "$releases/$release_id" "$staging/old"
  mv -T -- "$staging/tree" "$releases/$release_id" && chmod 0750 -- "$releases/$release_id"
  remove_inside "$state" "${staging##*/}"
  staging=
}

clean_up_debris() { # of runs that were cut off
  local folder
  for folder in "$state"/staging-*; do remove_inside "$state" "${folder##*/}"; done
}
