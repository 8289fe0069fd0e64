# How a run tells what happened: stages, one failure, and one JSON line of evidence as the last line of the output.
# LC_ALL=C is set, so text is bytes; what is not UTF-8 passes through and is the reader's to decode.

STAGES_AND_EXIT_CODES='lock=10 space=11 fetch=12 hash=13 unpack=14 stop=15 port=16 start=17 gate=18 input=19 uninstall=20 internal=21'
LOG_TAIL_BYTES=6000 # base64 makes 8,000 of it; the agent's own limit for the whole output may be 12,000

stage=internal
message=
failure_code=
timings=
timing_prefix=
pid=
http_status=null
listening_json='[]'
restarts=0
observed_centiseconds=0
restored_release_id=
warnings_json=
log_tail_base64=
log_bytes=0
reported=

read_clock() { # now: centiseconds of the monotonic clock
  read -r now _ </proc/uptime
  now=$((10#${now/./}))
}

in_seconds() { # <centiseconds> -> seconds with two decimals
  printf '%d.%02d' $(($1 / 100)) $(($1 % 100))
}

json_string() { # <text> -> the text as a JSON string
  # shellcheck disable=SC1003  # these are what the characters are replaced by
  local text=$1 backslashes='\\' quote='\"' newline='\n' tab='\t'
  text=${text//\\/"$backslashes"}
  text=${text//\"/"$quote"}
  text=${text//$'\n'/"$newline"}
  text=${text//$'\t'/"$tab"}
  text=${text//[[:cntrl:]]/ }
  printf '"%s"' "$text"
}

json_string_or_null() { # <text> -> null when it is empty
  if [ -n "$1" ]; then json_string "$1"; else printf null; fi
}

close_timing() {
  read_clock
  [ -z "${stage_began:-}" ] || timings="$timings,\"$timing_prefix$stage\":$(in_seconds $((now - stage_began)))"
}

enter() { # <stage>: says so, and closes the time of the stage before
  close_timing
  stage=$1
  stage_began=$now
  printf 'deployer: %s\n' "$stage" 2>/dev/null
}

set_failure() { # <code> <message>: remembers why, and fails; the first reason stays
  [ -n "$failure_code" ] || {
    failure_code=$1
    message=$2
  }
  return 1
}

warn() { # <message>
  warnings_json="$warnings_json${warnings_json:+,}$(json_string "$1")"
}

exit_code_of() { # <stage>
  local codes=" $STAGES_AND_EXIT_CODES "
  codes=${codes#* "$1"=}
  printf %s "${codes%% *}"
}

keep_log_tail() { # <file> <offset>: the last bytes of what the file holds after the offset
  local size
  size=$(stat -c %s -- "$1" 2>/dev/null) || return 0
  log_bytes=$((size > $2 ? size - $2 : 0))
  log_tail_base64=$(tail -c "+$(($2 + 1))" -- "$1" 2>/dev/null | tail -c "$LOG_TAIL_BYTES" | base64 | tr -d '\n')
}

evidence_line() { # <true|false> <exit code>; the log comes first, so that a cut line still ends with what matters
  read_clock
  printf '{"deployer_runner":%s,"log_tail_base64":"%s","log_bytes":%s,"listening":%s,"warnings":[%s],"timings":{%s},' \
    "$RUNNER_VERSION" "$log_tail_base64" "$log_bytes" "$listening_json" "$warnings_json" "${timings#,}"
  printf '"pid":%s,"http_status":%s,"alive_seconds":%s,"restarts":%s,"elapsed_seconds":%s,"restored_release_id":%s,' \
    "${pid:-null}" "$http_status" "$(in_seconds "$observed_centiseconds")" "$restarts" \
    "$(in_seconds $((now - run_began)))" "$(json_string_or_null "$restored_release_id")"
  printf '"action":"%s","application_name":"%s","release_id":%s,"ok":%s,"stage":%s,"code":%s,"message":%s,"exit_code":%s}\n' \
    "$action" "$application_name" "$(json_string_or_null "$release_id")" "$1" "$(json_string "$stage")" \
    "$(json_string_or_null "$failure_code")" "$(json_string "$message")" "$2"
}

report() { # <true|false>: prints the evidence, keeps a copy beside the release, and ends the run
  local code=0 line
  [ -z "$reported" ] || return 0
  reported=yes
  trap - EXIT
  close_timing
  if [ "$1" = true ]; then stage='done'; else code=$(exit_code_of "$stage"); fi
  line=$(evidence_line "$1" "${code:-21}")
  if [ -n "${evidence_file:-}" ] && [ -d "${evidence_file%/*}" ]; then
    (umask 077 && printf '%s\n' "$line" >"$evidence_file.new" && mv -f -- "$evidence_file.new" "$evidence_file") 2>/dev/null
  fi
  give_lock_back 8 "${host_lock:-}"
  give_lock_back 9 "${application_lock:-}"
  printf '%s\n' "$line"
  exit "${code:-21}"
}
