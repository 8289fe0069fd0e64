# One look at an application: what is current, whether it lives, listens and answers, and its log. It changes nothing.

home=$root/$application_name
state=$home/.deployer
shared=$home/shared
pid_file=$shared/app.pid

main() {
  export -n LC_ALL
  LC_ALL=C
  shopt -s nullglob
  read_clock
  run_began=$now
  cd / || exit 21
  if [ ! -r "$state/token" ]; then
    log_file=$root/app.log # what was installed without us keeps to these places
    pid_file=$root/app.pid
    token=none
    installed=false
  else
    log_file=$shared/app.log
    read -r token <"$state/token"
    installed=true
  fi
  current=$(readlink -- "$home/current")
  current=${current##*/}
  release_id=${release_id:-$current}
  look_at_process
  look_at_network
  read_log
  print_answer
}

look_at_process() {
  pid=null
  alive=false
  script_start_tick=
  if [ "$installed" = true ]; then
    find_own_processes
  else
    script_start_tick=0
  fi
  if choose_main_process; then
    pid=$main_process
    alive=true
    read_clock
    observed_centiseconds=$((now - main_process_start))
  fi
}

look_at_network() {
  if [ -n "$port" ]; then look_at_port "$port"; else read_sockets tcp 0A; fi
  list_own_listeners "${port:-0}"
  if [ -n "$port" ] && [ "$port_state" != none ] && [ -n "$health_path_base64" ]; then
    ask_port "$port" "$(printf %s "$health_path_base64" | base64 -d)"
  fi
  if [ "$alive" = false ] && [ -n "$port" ] && [ "$port_state" != none ] && [ -n "$current" ] && delegates_its_process "$current"; then
    # shellcheck disable=SC2086  # inodes as words
    pid=$(owners_of $port_inodes)
    pid=${pid%% *}
    pid=${pid:-null}
    alive=true
  fi
}

read_log() { # the bytes asked for, and how many there are: what is not shown can be counted and read by another probe
  local size begin=0 marker
  log_found=false
  marker_found=false
  log_bytes=0
  log_start=0
  shown=0
  size=$(stat -L -c %s -- "$log_file" 2>/dev/null) || return 0
  log_found=true
  if [ -n "$release_id" ] && read -r marker 2>/dev/null <"$state/$release_id/log_offset"; then
    case $(tail -c "+$((marker + 1))" -- "$log_file" | head -c 200 | tr -d '\0') in
      "=== release $release_id "*) marker_found=true ;;
      *) marker=0 ;;
    esac
    [ -n "$whole_log" ] || begin=$marker
  fi
  if [ "$marker_found" = true ] && [ -z "$whole_log" ] && [ "$release_id" != "$current" ]; then
    size=$(end_of_release "$begin" "$size")
  fi
  log_bytes=$((size - begin))
  shown=$((log_bytes < log_limit ? log_bytes : log_limit))
  log_start=$((log_bytes - shown))
  if [ -n "$log_offset" ]; then
    log_start=$((log_offset < log_bytes ? log_offset : log_bytes))
    shown=$((log_bytes - log_start < log_limit ? log_bytes - log_start : log_limit))
  fi
  log_tail_base64=$(tail -c "+$((begin + log_start + 1))" -- "$log_file" | head -c "$shown" | base64 | tr -d '\n')
}

end_of_release() { # <first byte> <size> -> where the release that came after it begins
  local file next end=$2
  for file in "$state"/*/log_offset; do
    read -r next <"$file"
    [ "$next" -le "$1" ] || [ "$next" -ge "$end" ] || end=$next
  done
  printf %s "$end"
}

print_answer() {
  local folder kept='' holder=''
  for folder in "$state"/*/good; do
    folder=${folder%/good}
    kept="$kept${kept:+,}$(json_string "${folder##*/}")"
  done
  printf '{"deployer_probe":1,"log_base64":"%s","log_found":%s,"marker_found":%s,"log_bytes":%s,"log_start":%s,"log_shown_bytes":%s,' \
    "$log_tail_base64" "$log_found" "$marker_found" "$log_bytes" "$log_start" "$shown"
  printf '"listening":%s,"http_status":%s,"pid":%s,"alive":%s,"running_seconds":%s,"releases":[%s],"stopped":%s,' \
    "$listening_json" "$http_status" "$pid" "$alive" "$(in_seconds "$observed_centiseconds")" "$kept" \
    "$([ -e "$state/stopped" ] && printf true || printf false)"
  printf '"application_name":"%s","installed":%s,"current_release_id":%s,"release_id":%s}\n' "$application_name" "$installed" \
    "$(json_string_or_null "$current")" "$(json_string_or_null "$release_id")"
}

main
