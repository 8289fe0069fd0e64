# Fetches the runner of a release and becomes it. It is taken only with the sha256 this command came with.

fetch_runner() {
  if command -v curl >/dev/null; then
    printf 'url = "%s"\n' "$runner_url" |
      curl -K - --fail --silent --show-error --connect-timeout 10 --max-time 120
  elif command -v wget >/dev/null; then
    printf '%s\n' "$runner_url" | wget --quiet --tries=1 --timeout=60 -i - -O - && return
    printf '%s\n' "$runner_url" | wget --no-verbose --tries=1 --timeout=60 -i - -O /dev/null
    return 1
  else
    printf %s "$runner_url" | "$(command -v python3 || echo /usr/libexec/platform-python)" -c '
import sys, urllib.request
opener = urllib.request.build_opener()
sys.stdout.buffer.write(opener.open(sys.stdin.read(), timeout=60).read())'
  fi
}

give_up() { # <exit code> <stage> <code> <message>
  # shellcheck disable=SC1003  # a set of characters
  printf '{"deployer_runner":1,"action":"%s","application_name":"%s","release_id":"%s","ok":false,"stage":"%s","code":"%s","message":"%s","exit_code":%s}\n' \
    "$action" "$application_name" "$release_id" "$2" "$3" "$(printf %s "$4" | tr -d '"\\' | tr '\000-\037' ' ')" "$1"
  exit "$1"
}

for attempt in 1 2 3; do
  if runner=$(fetch_runner 2>&1); then break; fi
  case $runner in
    *' 403'*) give_up 12 fetch fetch.refused 'the runner could not be fetched: its signed URL has expired or was refused (403)' ;;
    *' 404'*) give_up 12 fetch fetch.missing 'the runner could not be fetched: there is no such object (404)' ;;
  esac
  [ "$attempt" -lt 3 ] ||
    give_up 12 fetch fetch.unreachable "the runner could not be fetched: $(printf %s "$runner" | tail -n 1 | sed 's|[a-z]*://[^ ]*|(URL)|g' | head -c 300)"
  sleep "$attempt"
done
actual=$(printf '%s\n' "$runner" | sha256sum)
[ "${actual%% *}" = "$runner_sha256" ] ||
  give_up 13 hash hash.mismatch "the runner has sha256 ${actual%% *}, $runner_sha256 was announced"
eval "$runner"
