# Whether a started release serves: its process lives, its port is open to others, its path answers, and all of that twice.

describe_port_holder() { # <port inodes> -> "<pid> (<command line>)" of a holder that is not ours; fails when there is none
  local holder
  # shellcheck disable=SC2086  # inodes as words
  for holder in $(owners_of $1); do
    [[ " $own_processes " != *" $holder "* ]] || continue
    printf '%s (%s)' "$holder" "$(command_line_of "$holder")"
    return 0
  done
  return 1
}

check_port_is_free() { # <yes: ours may hold it>: names the process that holds the declared port
  local holder
  [ -n "$port" ] || return 0
  look_at_port "$port"
  [ "$port_state" != none ] || return 0
  find_own_processes
  if holder=$(describe_port_holder "$port_inodes"); then
    set_failure port.in_use "port $port is in use by process $holder"
  elif [ "$1" != yes ]; then
    set_failure port.in_use "port $port is still in use after the stop"
  fi
}

BROKEN_SECONDS=20

gate() { # <release id> <port> <path> <alive seconds> <timeout seconds>: true when it serves, else failure_code and message
  local release=$1 wanted_port=$2 path=$3 alive=$(($4 * 100)) deadline began=$script_began good=0 owners='' new_owners loopback_since='' broken_since='' asked=0
  local window_began=
  read_clock
  deadline=$((now + ($5 > $4 ? $5 : $4 + 1) * 100))
  restarts=0
  http_status=null
  main_process=
  while :; do
    find_own_processes
    if [ -n "$wanted_port" ]; then look_at_port "$wanted_port"; else read_sockets tcp 0A; fi
    read_clock
    pid=
    if choose_main_process; then
      pid=$main_process
      window_began=${window_began:-$now}
    elif ! wait_for_somebody_else "$release" "$wanted_port"; then
      explain_the_end "$release"
      return 1
    elif [ "$port_state" != none ]; then
      window_began=${window_began:-$now}
    fi
    observed_centiseconds=$((window_began ? now - window_began : 0))
    list_own_listeners "${wanted_port:-0}"
    if [ -z "$wanted_port" ]; then
      [ "$observed_centiseconds" -lt "$alive" ] || return 0
    elif [ "$port_state" = open ]; then
      # shellcheck disable=SC2086  # inodes as words
      new_owners=$(owners_of $port_inodes)
      count_restart "$owners" "$new_owners"
      owners=$new_owners
      [ -n "$pid" ] || pid=${owners%% *}
      # Once it has answered well, a look a second is enough: each one stands in the application's own log.
      if [ -z "$path" ]; then
        good=2
      elif [ "$good" -eq 0 ] || [ $((now - asked)) -ge 100 ]; then
        asked=$now
        if ask_port "$wanted_port" "$path" && http_is_good; then good=$((good + 1)); else good=0; fi
      fi
      case $http_status in # 502 and 503 say "not yet"; what fails by itself for that long does not mend itself
        500 | 501 | 50[4-9] | 5[1-9]?) broken_since=${broken_since:-$now} ;;
        *) broken_since= ;;
      esac
      [ -z "$broken_since" ] || [ $((now - broken_since)) -lt $((BROKEN_SECONDS * 100)) ] ||
        { set_failure gate.http_status "$path answered $http_status for $BROKEN_SECONDS s" || return 1; }
      [ "$restarts" -eq 0 ] || { set_failure gate.restarts 'the process behind the port was replaced while it was watched: it crashes and is restarted' || return 1; }
      [ "$good" -lt 2 ] || [ "$observed_centiseconds" -lt "$alive" ] || return 0
    elif [ "$port_state" = loopback ]; then
      loopback_since=${loopback_since:-$now}
      [ $((now - loopback_since)) -lt "$alive" ] ||
        { set_failure gate.loopback_only "listens on $port_address:$wanted_port only, not reachable from outside: bind 0.0.0.0" || return 1; }
    fi
    [ "$now" -lt "$deadline" ] || break
    if [ "$good" -eq 0 ]; then sleep 0.1; else sleep 0.3; fi # quick to see it come up, then sparing with the machine
  done
  explain_the_wait "$wanted_port" "$path" "$5"
}

wait_for_somebody_else() { # <release id> <port>: no process of ours is left, but a daemon was asked to run it
  [ -n "$2" ] && [ ! -s "$pid_file" ] && delegates_its_process "$1"
}

count_restart() { # <pids before> <pids now>: a port that has passed to other processes altogether
  local one
  [ -n "$1" ] && [ -n "$2" ] || return 0
  for one in $1; do [[ " $2 " != *" $one "* ]] || return 0; done
  restarts=$((restarts + 1))
}

explain_the_end() { # <release id>
  local recorded lived
  recorded=$(head -c 20 -- "$pid_file" 2>/dev/null | tr -dc '0-9')
  lived=$(in_seconds $((now - began)))
  if [ -n "$recorded" ]; then
    set_failure gate.process_ended "process $recorded ended within $lived s of the start"
  else
    set_failure gate.not_a_service "the start script ended with 0 after $(in_seconds "$script_centiseconds") s and left no process: not a service"
  fi
}

explain_the_wait() { # <port> <path> <seconds>
  local udp=
  if [ "$port_state" = open ]; then
    if [ "$http_status" = 0 ]; then
      set_failure gate.no_http "port $1 is open but $2 got no HTTP answer within $3 s"
    else
      set_failure gate.http_status "$2 still answered $http_status after $3 s"
    fi
    return
  fi
  if [ -n "$own_ports" ]; then
    set_failure gate.wrong_port "port $own_ports is open, $1 was declared"
    return
  fi
  read_sockets udp 07
  [[ $sockets != *" $1 "* ]] || udp=', only UDP'
  set_failure gate.no_port "nothing listens on TCP port $1 after $3 s$udp; process ${pid:-of the application} is alive"
}
