"""The Go row of the start script: a toolchain that can build the module, fetched with its checksum where there is none."""

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line

# Source of the sums: https://go.dev/dl/. From 1.21 on, Go fetches a newer toolchain itself when `go.mod` wants one.
_VERSION = "1.26.7"
_SHA256 = {
    "amd64": "ffb5f8de10c62550dfddab66b36b57030721e0a44a3218e9e1181d7b59f121ca",
    "arm64": "5a4ec883379d51ee9ce1040d5e87f8d35e20387574dd8c947feb01eabc3c1b37",
}
_OLDEST_MINOR = 21


def go_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `go` on PATH and the modules fetched."""
    lines = [
        f"# Go: the machine's own from 1.{_OLDEST_MINOR} on, which fetches a newer one when the module wants it.",
        "find_go() {",
        "  local candidate minor",
        f"  for candidate in go /usr/local/go/bin/go /opt/go-{_VERSION}/bin/go; do",
        '    minor="$("$candidate" env GOVERSION 2> /dev/null | sed -n "s/^go1\\.\\([0-9]*\\).*/\\1/p" || true)"',
        f'    if [ "${{minor:-0}}" -ge {_OLDEST_MINOR} ]; then',
        '      command -v "$candidate"',
        "      return 0",
        "    fi",
        "  done",
        "  return 1",
        "}",
        f"APP_GO_PLACE={mirrors.GO.usual}",
        "if in_mainland; then",
        f"  APP_GO_PLACE={mirrors.GO.address}",
        f'  export GOPROXY="${{GOPROXY:-{mirrors.GO_MODULES.address},direct}}" GOSUMDB="${{GOSUMDB:-sum.golang.google.cn}}"',
        "fi",
        'export GOTOOLCHAIN="${GOTOOLCHAIN:-auto}" GOFLAGS="${GOFLAGS:--buildvcs=false}"',
        'export GOCACHE="${GOCACHE:-/root/.cache/go-build}" GOPATH="${GOPATH:-/root/go}"',
        'APP_GO="$(find_go || true)"',
        'if [ -z "$APP_GO" ]; then',
        '  case "$(uname -m)" in',
        *_architectures(),
        '    *) fail "no Go for the processor $(uname -m)" ;;',
        "  esac",
        f'  fetch_checked "$APP_GO_PLACE/go{_VERSION}.linux-$APP_GO_ARCHITECTURE.tar.gz" "$APP_GO_SHA256" "/opt/go-{_VERSION}.tar.gz"',
        f'  mkdir -p "/opt/go-{_VERSION}"',
        f'  tar -xzf "/opt/go-{_VERSION}.tar.gz" -C "/opt/go-{_VERSION}" --strip-components=1 --no-same-owner',
        f'  rm -f "/opt/go-{_VERSION}.tar.gz"',
        '  APP_GO="$(find_go)" || fail "Go cannot be installed"',
        "fi",
        'PATH="$(dirname "$APP_GO"):$PATH"',
        "export PATH",
    ]
    if analysis.install_command:
        lines.append(one_per_line(analysis.install_command))
    return "\n".join(lines) + "\n"


def _architectures() -> list[str]:
    names = {"amd64": "x86_64", "arm64": "aarch64"}
    return [
        f'    {names[name]}) APP_GO_ARCHITECTURE="{name}" APP_GO_SHA256="{digest}" ;;'
        for name, digest in _SHA256.items()
    ]
