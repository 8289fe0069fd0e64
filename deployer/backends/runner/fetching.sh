# How a release comes onto the disk: space, downloads, and archives that are unpacked as a whole or not at all.

SPACE_RESERVE_BYTES=1073741824 # beside three times the archive: for dependencies and logs
FETCH_ATTEMPTS=3
FETCH_TIMEOUT_SECONDS=600

check_space() {
  local free_kib needed
  needed=$((archive_size_bytes * 3 + SPACE_RESERVE_BYTES))
  free_kib=$(df -Pk -- "$home" | awk 'NR == 2 { print $4 }')
  free_bytes=$((${free_kib:-0} * 1024))
  [ "$free_bytes" -ge "$needed" ] ||
    set_failure space.disk "the disk has $((free_bytes / 1048576)) MiB free, $((needed / 1048576)) MiB are needed" || return 1
  [ "$(df -Pi -- "$home" | awk 'NR == 2 { print ($2 > 0 && $4 < 2000) ? "few" : "enough" }')" != few ] ||
    set_failure space.inodes "the disk has fewer than 2000 free inodes"
}

fetch() { # <url> <file> <what>: the URL goes in by standard input, so that no process list and no message shows it
  local answer code=1 try
  rm -f -- "$2"
  for try in $(seq "$FETCH_ATTEMPTS"); do
    if command -v curl >/dev/null; then
      answer=$(printf 'url = "%s"\n' "$1" | curl -K - --fail --silent --show-error --connect-timeout 10 \
        --max-time "$FETCH_TIMEOUT_SECONDS" --speed-limit 1024 --speed-time 60 -o "$2" 2>&1)
      code=$?
    elif command -v wget >/dev/null; then
      answer=$(printf '%s\n' "$1" | wget --no-verbose --tries=1 --timeout=60 -i - -O "$2" 2>&1)
      code=$?
    elif find_python; then
      answer=$(printf '%s' "$1" | "$python" -c '
import shutil, sys, urllib.request
opener = urllib.request.build_opener()
with opener.open(sys.stdin.read(), timeout=60) as source, open(sys.argv[1], "wb") as target:
    shutil.copyfileobj(source, target)' "$2" 2>&1)
      code=$?
    else
      answer='neither curl nor wget nor python3 is installed'
      break
    fi
    [ "$code" -ne 0 ] || return 0
    answer=$(printf '%s' "$answer" | tail -n 1 | sed 's|[a-z]*://[^ ]*|(URL)|g' | head -c 300)
    case $answer in *' 403'* | *' 404'*) break ;; esac
    [ "$try" -ge "$FETCH_ATTEMPTS" ] || sleep "$try"
  done
  case $answer in
    *' 403'*) set_failure fetch.refused "the $3 could not be fetched: its signed URL has expired or was refused (403)" ;;
    *' 404'*) set_failure fetch.missing "the $3 could not be fetched: there is no such object (404)" ;;
    *) set_failure fetch.unreachable "the $3 could not be fetched: $answer" ;;
  esac
}

install_unzip() { # the way a minimal image gets it
  command -v unzip >/dev/null && return 0
  if command -v dnf >/dev/null; then
    timeout 300 dnf -y -q install unzip
  elif command -v yum >/dev/null; then
    timeout 300 yum -y -q install unzip
  elif command -v apt-get >/dev/null; then
    DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -y -qq -o DPkg::Lock::Timeout=240 install unzip
  fi </dev/null >/dev/null 2>&1
  command -v unzip >/dev/null
}

check_names_with_unzip() { # <archive>: the rules of unpack.py as far as unzip can tell them
  local name target
  unzip -Z1 -- "$1" >"$staging/names" 2>/dev/null || [ $? -eq 1 ] || return 1
  ! LC_ALL=C grep -qE '^/|\\|(^|/)\.\.(/|$)|^[A-Za-z]:|[[:cntrl:]]' "$staging/names" || return 1
  [ -z "$(sort "$staging/names" | uniq -d)" ] || return 1
  unzip -Z -- "$1" 2>/dev/null | grep -E '^l' | sed -E 's/^([^ ]+ +){8}//' >"$staging/links"
  ! unzip -Z -- "$1" 2>/dev/null | grep -qE '^[bcps][r-][w-]' || return 1
  while IFS= read -r name; do
    target=$(unzip -p -- "$1" "$name") || return 1
    case /$target/ in //* | */../*) return 1 ;; esac
  done <"$staging/links"
}

unpack() { # <archive> <new folder>: everything or nothing
  local answer limit=$((free_bytes - SPACE_RESERVE_BYTES / 2)) size code
  mkdir -m 0750 -- "$2" || return 1
  if find_python; then
    answer=$("$python" -c "$unpack_program" "$1" "$2" "$limit" 2>&1) ||
      set_failure unpack.refused "the archive was refused: $(printf %s "$answer" | tail -n 1 | head -c 300)"
    return
  fi
  install_unzip || set_failure unpack.no_tool "neither python3 nor unzip is there, and unzip could not be installed" || return 1
  check_names_with_unzip "$1" ||
    set_failure unpack.refused "the archive was refused: damaged, or an entry leaves its folder" || return 1
  size=$(unzip -Zt -- "$1" 2>/dev/null | sed -n 's/.* \([0-9]*\) bytes uncompressed.*/\1/p')
  [ "${size:-0}" -le "$limit" ] || set_failure unpack.refused "the archive would unpack to $size bytes, too many for this disk" || return 1
  answer=$(unzip -q -o -d "$2" -- "$1" 2>&1 </dev/null)
  code=$?
  [ "$code" -le 1 ] || set_failure unpack.failed "unzip ended with $code: $(printf %s "$answer" | tail -n 1 | head -c 300)"
}
