"""Bash that downloads a file and believes it only by its checksum. Nothing downloaded is ever piped into a shell."""

FETCH = """\
# Downloads with limits of time: 30 seconds to connect, 120 for the whole.
fetch() {
  command -v curl > /dev/null 2>&1 || install_packages curl || fail "curl cannot be installed"
  curl --fail --silent --show-error --location --proto '=https' --retry 2 --connect-timeout 30 --max-time 120 \\
    --output "$2" "$1"
}
"""

FETCH_CHECKED = """\
# <address> <SHA-256> <file>: the file is there with this content afterwards, or the script ends.
fetch_checked() {
  fetch "$1" "$3.part" || fail "cannot download $1"
  if ! echo "$2  $3.part" | sha256sum -c - > /dev/null 2>&1; then
    rm -f "$3.part"
    fail "$1 does not have the expected SHA-256: it is not used"
  fi
  mv -f "$3.part" "$3"
}
"""
