# What listens on TCP and what answers HTTP, read from /proc by bash and awk: no ss, netstat or curl is needed.

HTTP_TIMEOUT_SECONDS=5

ipv4_of() { # <8 hex digits, little endian>
  printf '%d.%d.%d.%d' "0x${1:6:2}" "0x${1:4:2}" "0x${1:2:2}" "0x${1:0:2}"
}

ipv6_of() { # <32 hex digits, four little endian words>
  local word group text=''
  case $1 in
    00000000000000000000000000000000) printf '::' && return ;;
    00000000000000000000000001000000) printf '::1' && return ;;
    0000000000000000FFFF0000*) ipv4_of "${1:24}" && return ;;
  esac
  for word in "${1:0:8}" "${1:8:8}" "${1:16:8}" "${1:24:8}"; do
    for group in "${word:6:2}${word:4:2}" "${word:2:2}${word:0:2}"; do
      text="$text:$(printf %x "0x$group")"
    done
  done
  printf %s "${text#:}"
}

read_sockets() { # <tcp|udp> <state in hex> -> sockets: lines "address port inode"
  # awk reads each table once; line by line bash would make the kernel walk all connections again for each of them.
  local local_address inode address
  sockets=
  while read -r local_address inode; do
    address=${local_address%:*}
    if [ ${#address} -eq 8 ]; then address=$(ipv4_of "$address"); else address=$(ipv6_of "$address"); fi
    sockets="$sockets$address $((16#${local_address##*:})) $inode"$'\n'
  done < <(cat "/proc/net/$1" "/proc/net/${1}6" 2>/dev/null | awk -v state="$2" '$4 == state { print $2, $10 }')
}

sockets_of() { # <pid>… -> inodes of their sockets, blank separated and blank framed
  local folders
  folders=$(printf '/proc/%s/fd ' "$@")
  # shellcheck disable=SC2086,SC2012  # one word for each process; the names there are numbers
  printf ' %s ' "$(ls -l $folders 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')"
}

owners_of() { # <inode>… -> pids that hold one of these sockets
  # shellcheck disable=SC2012  # names under /proc/<pid>/fd are numbers
  ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v wanted=" $* " '
    /^\/proc\// { split($0, part, "/"); pid = part[3] }
    match($NF, /^socket:\[[0-9]+\]$/) {
      if (index(wanted, " " substr($NF, 9, length($NF) - 9) " ") && !seen[pid]++) printf "%s ", pid
    }'
}

is_loopback() { # <address>
  case $1 in 127.* | ::1) return 0 ;; esac
  return 1
}

look_at_port() { # <port> -> port_state (none, loopback, open), port_address, port_inodes; sockets as read
  local address port inode
  port_state=none
  port_address=
  port_inodes=
  read_sockets tcp 0A
  while read -r address port inode; do
    [ "$port" = "$1" ] || continue
    port_inodes="$port_inodes $inode"
    if ! is_loopback "$address"; then
      port_state=open
      case $port_address in '' | 127.* | ::*) port_address=$address ;; esac
    elif [ "$port_state" = none ]; then
      port_state=loopback
      port_address=$address
    fi
  done <<<"$sockets"
}

list_own_listeners() { # <declared port> -> listening_json: the application's listeners and the declared port's; own_ports
  local address port inode mine=' ' seen=' '
  listening_json=
  own_ports=
  # shellcheck disable=SC2086  # pids as words
  [ -z "$own_processes" ] || mine=$(sockets_of $own_processes)
  while read -r address port inode; do
    [ -n "$inode" ] || continue
    [[ $mine == *" $inode "* ]] || [ "$port" = "$1" ] || continue
    [[ $seen != *" $address/$port "* ]] || continue
    seen="$seen$address/$port "
    [ "$port" = "$1" ] || own_ports="$own_ports${own_ports:+, }$port"
    listening_json="$listening_json${listening_json:+,}{\"address\":\"$address\",\"port\":$port}"
  done <<<"$sockets"
  listening_json="[$listening_json]"
}

probe_address_of() { # <listening address> -> where to reach it from the machine itself
  case $1 in 0.0.0.0) printf 127.0.0.1 ;; *) printf %s "$1" ;; esac
}

ask_http() { # <address> <port> <path> -> http_status: the status, or 0 when there is no HTTP answer
  # The answer is read on: a server whose reader leaves in the middle may log that as an error of its own.
  local line
  # shellcheck disable=SC2016  # the inner bash expands it
  line=$(timeout "$HTTP_TIMEOUT_SECONDS" bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "GET %s HTTP/1.1\r\nHost: localhost:%s\r\nUser-Agent: deployer\r\nAccept: */*\r\nConnection: close\r\n\r\n" "$3" "$2" >&3
    IFS= read -r line <&3 && printf %s "$line"
    timeout 1 head -c 262144 <&3 >/dev/null' _ "$1" "$2" "$3" 2>/dev/null | tr -d '\0')
  http_status=0
  if [[ $line =~ ^HTTP/[0-9.]+\ ([1-5][0-9][0-9]) ]]; then http_status=${BASH_REMATCH[1]}; fi
}

ask_port() { # <port> <path> -> http_status; the IPv4 loopback first, the IPv6 one when only that answers
  local address
  address=$(probe_address_of "$port_address")
  if [ "$address" = :: ]; then
    ask_http 127.0.0.1 "$1" "$2"
    [ "$http_status" != 0 ] || ask_http ::1 "$1" "$2"
  else
    ask_http "$address" "$1" "$2"
  fi
}

http_is_good() { # below 500; 502 and 503 are above it, and 0 is no answer
  [ "$http_status" -ge 100 ] && [ "$http_status" -lt 500 ]
}
