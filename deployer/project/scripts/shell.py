"""The pieces of bash that every application's scripts share. No heredoc, no `rm -rf`, no `exit` in what stop uses."""

PROCESS_FUNCTIONS = """\
# Whether a process lives; one that only waits to be buried does not.
is_alive() {
  kill -0 "$1" 2> /dev/null || return 1
  [ -d /proc/self ] || return 0
  grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2> /dev/null
}

# Whether a process is this application's: PID files grow stale, and PIDs are given again.
is_ours() {
  local cwd
  [ -d /proc/self ] || return 0
  if tr '\\0' '\\n' < "/proc/$1/environ" 2> /dev/null | grep -qxF "DEPLOYER_APPLICATION=$APP_NAME"; then return 0; fi
  cwd="$(readlink "/proc/$1/cwd" 2> /dev/null || true)"
  case "$cwd/" in "$APP_BASE"/* | "$APP_BASE (deleted)"/*) return 0 ;; esac
  return 1
}

# Ends the application with everything it started; a foreign process and a missing one are left alone.
stop_application() {
  local pid step
  pid="$(head -n 1 "$APP_PID_FILE" 2> /dev/null | tr -dc '0-9' || true)"
  if [ -n "$pid" ] && [ "$pid" -gt 1 ] && is_alive "$pid" && is_ours "$pid"; then
    kill -TERM -- "-$pid" 2> /dev/null || kill -TERM "$pid" 2> /dev/null || true
    for step in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
      is_alive "$pid" || break
      sleep 0.1
    done
    if is_alive "$pid"; then
      echo "process $pid did not end within 3 seconds (looked $step times): killed"
      kill -KILL "$pid" 2> /dev/null || true
    fi
    # What is left of its process group and of its session.
    kill -KILL -- "-$pid" 2> /dev/null || true
    if command -v pkill > /dev/null 2>&1; then pkill -KILL -s "$pid" 2> /dev/null || true; fi
  fi
  rm -f "$APP_PID_FILE"
}
"""

START_FUNCTIONS = """\
fail() {
  echo "$1" >&2
  exit 1
}

# Installs packages with what the system has; waits for other installations to end.
install_packages() {
  if command -v dnf > /dev/null 2>&1; then
    dnf install -y -q "$@"
  elif command -v yum > /dev/null 2>&1; then
    yum install -y -q "$@"
  elif command -v apt-get > /dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=300 update -q && apt-get -o DPkg::Lock::Timeout=300 install -y -q "$@"
  else
    echo "no dnf, yum or apt-get to install: $*" >&2
    return 1
  fi
}
"""

FUNCTIONS = f"{START_FUNCTIONS}\n{PROCESS_FUNCTIONS}"

UNPACK = """\
# The names in an archive, sorted, one a line.
list_archive() {
  if command -v unzip > /dev/null 2>&1; then
    unzip -Z1 "$1" | LC_ALL=C sort
  else
    python3 -c 'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\\n")' "$1" 2> /dev/null | LC_ALL=C sort
  fi
}

# Removes the files of the last archive that are not in this one; what was made here since stays.
remove_dropped_files() {
  local before="$APP_DIR/.deployer-files" now="$APP_DIR/.deployer-files.new" name
  if ! list_archive "$APP_ARCHIVE" > "$now"; then return 1; fi
  if [ -s "$before" ]; then
    LC_ALL=C comm -23 "$before" "$now" | while IFS= read -r name; do
      case "/$name/" in
        */../* | //*) ;;
        *) [ -d "$APP_DIR/$name" ] || rm -f -- "$APP_DIR/$name" ;;
      esac
    done
  fi
  mv -f "$now" "$before"
}

# The release: unpacked already by the runner, or the newest archive in /root by time.
if [ -n "${DEPLOYER_RELEASE_DIR:-}" ]; then
  APP_DIR="$DEPLOYER_RELEASE_DIR"
else
  APP_DIR="$APP_BASE"
  APP_ARCHIVE="${DEPLOYER_ARCHIVE:-}"
  if [ -z "$APP_ARCHIVE" ]; then
    for candidate in /root/project_*.zip; do
      if [ -f "$candidate" ] && { [ -z "$APP_ARCHIVE" ] || [ "$candidate" -nt "$APP_ARCHIVE" ]; }; then
        APP_ARCHIVE="$candidate"
      fi
    done
  fi
  [ -f "$APP_ARCHIVE" ] || fail "no archive found: expected /root/project_*.zip"
  mkdir -p "$APP_DIR"
  command -v unzip > /dev/null 2>&1 || install_packages unzip || true
  if command -v unzip > /dev/null 2>&1; then
    unzip -o -q "$APP_ARCHIVE" -d "$APP_DIR"
  elif command -v python3 > /dev/null 2>&1; then
    python3 -m zipfile -e "$APP_ARCHIVE" "$APP_DIR"
  else
    fail "cannot unpack $APP_ARCHIVE: neither unzip nor python3 is there"
  fi
  remove_dropped_files || echo "files that the project no longer has may be left in $APP_DIR"
fi
cd "$APP_DIR"
"""

PYTHON_FOR_STATIC = """\
# The server is Python's own, from 3.7 on: the python3 of Alibaba Cloud Linux 3 is 3.6.
find_python() {
  local candidate
  for candidate in python3 python3.12 python3.11 python3.10 python3.9; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 7))' > /dev/null 2>&1; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}
APP_PYTHON="$(find_python || true)"
for package in python3 python3.11 python3.12; do
  if [ -z "$APP_PYTHON" ]; then
    install_packages "$package" || true
    APP_PYTHON="$(find_python || true)"
  fi
done
[ -n "$APP_PYTHON" ] || fail "no Python from 3.7 on, and none could be installed"
export APP_PYTHON
"""

STOP_OLD = """\
# Stop what ran before, then begin a new section of the log.
stop_application
touch "$APP_LOG"
chmod 600 "$APP_LOG"
if [ -z "${DEPLOYER_RELEASE_ID:-}" ]; then
  echo "=== release $(basename "${APP_ARCHIVE:-$APP_DIR}") $(date -u +%Y-%m-%dT%H:%M:%SZ) ===" >> "$APP_LOG"
fi
APP_SESSION=""
if command -v setsid > /dev/null 2>&1; then APP_SESSION="setsid"; fi
"""

REPORT = """\
# Give it time to fail, show the end of its log, and do not call a dead application started. The deployer's own runner
# watches the process, its port and its log itself.
if [ -z "${DEPLOYER_RELEASE_ID:-}" ]; then
  sleep 3 && tail -c 8000 "$APP_LOG"
  is_alive "$(cat "$APP_PID_FILE")" || fail "the application ended within 3 seconds: see its log above"
fi
"""


def one_per_line(command: str) -> str:
    """The commands of an `a && b` list, one a line: `set -e` looks away from all but the last of such a list."""
    return command if command.startswith("cd ") else command.replace(" && ", "\n")
