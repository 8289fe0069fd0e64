# Locks, directories, links and the log: where things of an application stand. Nothing outside the application's own
# directory is removed but links and archives that are known as ours.

LOCK_WAIT_SECONDS=5
ROTATE_LOG_BYTES=52428800

take_lock() { # <file descriptor> <path> <seconds>: held until the run ends or the descriptor is closed
  local deadline holder holder_start
  if command -v flock >/dev/null; then
    eval "exec $1>>\"\$2\"" || return 1
    flock -w "$3" "$1"
    return
  fi
  read_clock
  deadline=$((now + $3 * 100))
  until mkdir -- "$2.d" 2>/dev/null; do
    if read -r holder holder_start <"$2.d/holder" && ! same_process "$holder" "$holder_start"; then
      rm -f -- "$2.d/holder" && rmdir -- "$2.d"
      continue
    fi 2>/dev/null
    read_clock
    [ "$now" -lt "$deadline" ] || return 1
    sleep 0.2
  done
  describe_process $$
  printf '%s %s\n' $$ "$process_start" >"$2.d/holder"
}

give_lock_back() { # <file descriptor> <path>
  local holder
  if command -v flock >/dev/null; then
    eval "exec $1>&-"
  elif read -r holder _ 2>/dev/null <"$2.d/holder" && [ "$holder" = $$ ]; then
    rm -f -- "$2.d/holder" && rmdir -- "$2.d"
  fi
}

remove_inside() { # <folder> <name>: removes folder/name, a real directory, and refuses whatever else the name may mean
  local folder
  [[ $2 =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$ ]] && [[ $2 != *..* ]] || return 1
  folder=$(cd -P -- "$1" 2>/dev/null && pwd -P) || return 1
  [ -n "$root" ] || return 1
  case $folder in "$root" | "$root"/?*) ;; *) return 1 ;; esac
  [ -d "$folder/$2" ] && [ ! -L "$folder/$2" ] || return 1
  [ "$(cd -P -- "$folder/$2" && pwd -P)" = "$folder/$2" ] || return 1
  rm -rf --one-file-system -- "${folder:?}/${2:?}"
}

point_link() { # <link> <target>: in one step, whatever stood there as a link
  ln -sfn -- "$2" "$1.new$$" && mv -Tf -- "$1.new$$" "$1"
}

check_hash() { # <file> <sha256> <what>
  local actual
  actual=$(sha256sum <"$1") || set_failure hash.unreadable "the $3 cannot be read" || return 1
  actual=${actual%% *}
  [ "$actual" = "$2" ] || set_failure hash.mismatch "the $3 has sha256 $actual, $2 was announced"
}

link_contract_file() { # <app.log|app.pid>: /root/<name> becomes a link to our own file; somebody else's real file is kept
  if [ -e "$root/$1" ] && [ ! -L "$root/$1" ]; then
    mv -T --backup=numbered -- "$root/$1" "$root/$1.before-deployer" || return 1
  fi
  point_link "$root/$1" "$shared/$1"
}

adopt_contract_file() { # <app.log|app.pid>: a script that put a real file there meant our own
  if [ -f "$root/$1" ] && [ ! -L "$root/$1" ]; then
    [ "$1" != app.log ] || mv -Tf -- "$shared/$1" "$shared/$1.1"
    mv -Tf -- "$root/$1" "$shared/$1"
  fi
  point_link "$root/$1" "$shared/$1"
}

place_archive() { # <release id>: /root/project_<id>.zip is the only archive of ours that scripts can find
  local file id
  for file in "$root"/project_*.zip; do
    id=${file#"$root"/project_}
    id=${id%.zip}
    [ "$id" != "$1" ] || continue
    for owner in "$root"/*/.deployer/"$id"/archive.zip; do [ ! -e "$owner" ] || rm -f -- "$file"; done
  done
  [ -e "$state/$1/archive.zip" ] || return 0
  ln -f -- "$state/$1/archive.zip" "$root/project_$1.zip" 2>/dev/null ||
    cp -f -- "$state/$1/archive.zip" "$root/project_$1.zip"
  for file in "$root"/project_*.zip; do
    [ "$file" = "$root/project_$1.zip" ] || warn "$file is not ours and was left: a script that takes the last archive by name may take it"
  done
}

write_marker() { # <release id>: where this release's part of the log begins; the place is kept too, text can be imitated
  local size
  [ -e "$shared/app.log" ] || (umask 027 && : >>"$shared/app.log")
  size=$(stat -c %s -- "$shared/app.log")
  if [ "$size" -gt "$ROTATE_LOG_BYTES" ]; then
    mv -f -- "$shared/app.log" "$shared/app.log.1"
    (umask 027 && : >>"$shared/app.log")
    size=0
  fi
  if [ "$size" -gt 0 ] && [ -n "$(tail -c 1 -- "$shared/app.log")" ]; then
    printf '\n' >>"$shared/app.log"
    size=$((size + 1))
  fi
  printf '=== release %s %s ===\n' "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >>"$shared/app.log"
  printf '%s\n' "$size" >"$state/$1/log_offset"
}

log_offset_of() { # <release id> -> the byte its log begins at, 0 when the file was cut or replaced since
  local offset=0
  read -r offset 2>/dev/null <"$state/$1/log_offset"
  case $(tail -c "+$((offset + 1))" -- "$shared/app.log" 2>/dev/null | head -c 200 | tr -d '\0') in
    "=== release $1 "*) printf %s "$offset" ;;
    *) printf 0 ;;
  esac
}

# A stop script of the original's kind ends with `rm -rf /root/<application>`. While one runs, the directory is set aside
# and a folder of links stands in its place: everything is found by its usual path, and only links can be lost.
set_home_aside() {
  local entry
  [ ! -e "$aside" ] && mkdir -m 0750 -- "$aside.door" || return 1
  for entry in "$home"/* "$home"/.[!.]*; do
    [ ! -e "$entry" ] && [ ! -L "$entry" ] || ln -s -- "$aside/${entry##*/}" "$aside.door/"
  done
  if mv -T -- "$home" "$aside" 2>/dev/null; then mv -T -- "$aside.door" "$home"; else rm -rf -- "$aside.door"; fi
}

bring_home_back() { # also what a run does first, in case an earlier one was cut off in between
  local entry
  [ -d "$aside" ] && [ ! -L "$aside" ] || return 0
  for entry in "$home"/* "$home"/.[!.]*; do
    [ -L "$entry" ] || [ ! -e "$entry" ] || cp -a -- "$entry" "$aside/"
  done
  [ ! -e "$home" ] || remove_inside "$root" "$application_name" || return 1
  mv -T -- "$aside" "$home"
}
